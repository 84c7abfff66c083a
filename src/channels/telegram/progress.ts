import { isObject } from "../../core/json.ts";
import type { ChannelStore } from "../contract.ts";

const kept = 50;

/** Which calls of a message that needs several were already made, by its key: a retry does not make them again. */
export function createProgress(store: ChannelStore) {
  const all = (): Array<[string, string[]]> => {
    const value = store.get("sending");
    return isObject(value)
      ? Object.entries(value).flatMap(([key, ids]): Array<[string, string[]]> =>
          Array.isArray(ids) ? [[key, ids.filter((id) => typeof id === "string")]] : [],
        )
      : [];
  };
  const others = (key: string) => all().filter(([each]) => each !== key);
  return {
    done: (key: string): string[] => [...(all().find(([each]) => each === key)?.[1] ?? [])],
    note: (key: string, ids: readonly string[]): Promise<void> =>
      store.set("sending", Object.fromEntries([...others(key).slice(-kept + 1), [key, [...ids]]])),
    forget: (key: string): Promise<void> => store.set("sending", Object.fromEntries(others(key))),
  };
}
