import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { call, connected, generation } from "../../gateway/connection.ts";
import type { SessionRow } from "./wire.ts";

const pageSize = 50;
/** Pages kept on either side of those in view. */
const keptPages = 2;
const everyMs = 20_000;

/** The list as far as it is here: how long it is, and some pages of it by their number. */
interface Pages {
  search: string;
  total: number | null;
  rows: ReadonlyMap<number, readonly SessionRow[]>;
  error: unknown;
}

export interface SessionPages extends Pages {
  /** The row at an index; null while it is not here. */
  at(index: number): SessionRow | null;
  /** The row of a conversation, if it is here. */
  find(key: string): SessionRow | null;
  /** Says which rows are in view: what is missing of them is asked for. */
  show: (first: number, last: number) => void;
  /** Asks again for what is in view. */
  reload: () => void;
}

const empty = (search: string): Pages => ({ search, total: null, rows: new Map(), error: null });

/** The conversations, newest first, by pages: only those in view are asked for and kept. */
export function useSessionPages(search: string): SessionPages {
  const [pages, setPages] = useState(() => empty(search));
  const seen = useRef({ first: 0, last: 0 });
  const asked = useRef(new Set<string>());
  const now = useRef(pages);
  const current =
    pages.search === search ? pages : { ...pages, search, rows: new Map<number, SessionRow[]>() };
  now.current = current;

  const load = useCallback(
    async (page: number) => {
      const name = `${search}\n${page}`;
      if (!connected.value || asked.current.has(name)) return;
      asked.current.add(name);
      try {
        const { sessions, total } = await call<{ sessions: SessionRow[]; total: number }>("sessions.list", {
          limit: pageSize,
          offset: page * pageSize,
          includeLastMessage: true,
          includeDerivedTitles: true,
          ...(search === "" ? {} : { search }),
        });
        setPages(({ search: before, rows }) => {
          const { first, last } = seen.current;
          const kept = [...(before === search ? rows : new Map<number, readonly SessionRow[]>())].filter(
            ([number]) => number >= first - keptPages && number <= last + keptPages,
          );
          return { search, total, rows: new Map([...kept, [page, sessions]]), error: null };
        });
      } catch (error) {
        setPages((old) => ({ ...old, error }));
      } finally {
        asked.current.delete(name);
      }
    },
    [search],
  );
  const reload = useCallback(() => {
    for (let page = seen.current.first; page <= seen.current.last; page++) void load(page);
  }, [load]);

  useEffect(() => {
    seen.current = { first: 0, last: 0 };
  }, [search]);
  const life = generation.value;
  useEffect(reload, [reload, life]);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) reload();
    }, everyMs);
    return () => clearInterval(timer);
  }, [reload]);

  const show = useCallback(
    (first: number, last: number) => {
      seen.current = { first: Math.floor(first / pageSize), last: Math.floor(last / pageSize) };
      for (let page = seen.current.first; page <= seen.current.last; page++)
        if (!now.current.rows.has(page)) void load(page);
    },
    [load],
  );
  return {
    ...current,
    at: (index) => current.rows.get(Math.floor(index / pageSize))?.[index % pageSize] ?? null,
    find: (key) => [...current.rows.values()].flat().find((row) => row.key === key) ?? null,
    show,
    reload,
  };
}
