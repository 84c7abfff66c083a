import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { call, connected, generation, onEvent } from "./connection.ts";

export interface Query<T> {
  /** The newest answer; stays while the next is on its way or failed. */
  data: T | null;
  error: unknown;
  loading: boolean;
  reload: () => Promise<void>;
}

/**
 * Asks the gateway now, after every reconnect, when one of `events` arrives, and every `everyMs` while the page is seen.
 * A null method asks nothing.
 */
export function useQuery<T>(
  method: string | null,
  params: Record<string, unknown> = {},
  options: { events?: readonly string[]; everyMs?: number; timeoutMs?: number } = {},
): Query<T> {
  const [state, setState] = useState<{ data: T | null; error: unknown; loading: boolean }>({
    data: null,
    error: null,
    loading: true,
  });
  const asked = JSON.stringify(params);
  const newest = useRef(0);
  const { timeoutMs } = options;
  const reload = useCallback(async () => {
    if (method === null || !connected.value) return;
    const turn = ++newest.current;
    setState((old) => ({ ...old, loading: true }));
    try {
      const data = await call<T>(
        method,
        JSON.parse(asked) as Record<string, unknown>,
        timeoutMs === undefined ? {} : { timeoutMs },
      );
      if (turn === newest.current) setState({ data, error: null, loading: false });
    } catch (error) {
      if (turn === newest.current) setState((old) => ({ ...old, error, loading: false }));
    }
  }, [method, asked, timeoutMs]);

  const life = generation.value;
  useEffect(() => void reload(), [reload, life]);
  const events = (options.events ?? []).join();
  useEffect(() => {
    const stops = events === "" ? [] : events.split(",").map((event) => onEvent(event, () => void reload()));
    return () => stops.forEach((stop) => stop());
  }, [reload, events]);
  const { everyMs } = options;
  useEffect(() => {
    if (everyMs === undefined) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden) void reload();
    }, everyMs);
    return () => clearInterval(timer);
  }, [reload, everyMs]);
  return { ...state, reload };
}
