import type { Clock } from "../../core/clock.ts";
import { fields, text } from "../shared/index.ts";
import type { SlackApi } from "./api.ts";

const keptMost = 2000;
const keptMs = 6 * 3_600_000;
const failedMs = 10 * 60_000;
const lookUpMs = 5000;

/** Names for people to read. What cannot be found out is left out: no message waits for more than a few seconds. */
export interface Names {
  user(id: string): Promise<string>;
  conversation(id: string): Promise<string>;
  /** Without asking anybody. */
  known(id: string): string;
}

/** Names of people and conversations, asked for once in a while. */
export function createNames(api: SlackApi, clock: Clock, signal: AbortSignal): Names {
  const kept = new Map<string, { name: string; until: number }>();
  const asking = new Map<string, Promise<string>>();

  async function ask(id: string, find: () => Promise<string>): Promise<string> {
    const found = kept.get(id);
    if (found && found.until > clock.now()) return found.name;
    const pending = asking.get(id);
    if (pending) return pending;
    const answer = find()
      .then(
        (name) => ({ name, until: clock.now() + keptMs }),
        // A name is a courtesy; the old one is better than none.
        () => ({ name: found?.name ?? "", until: clock.now() + failedMs }),
      )
      .then((entry) => {
        kept.delete(id);
        kept.set(id, entry);
        for (const oldest of kept.keys()) {
          if (kept.size <= keptMost) break;
          kept.delete(oldest);
        }
        asking.delete(id);
        return entry.name;
      });
    asking.set(id, answer);
    return answer;
  }

  return {
    user: (id) =>
      ask(id, async () => {
        const { user } = await api.call("users.info", { user: id }, { signal, timeoutMs: lookUpMs });
        return userNameOf(fields(user));
      }),
    conversation: (id) =>
      ask(id, async () => {
        const answer = await api.call("conversations.info", { channel: id }, { signal, timeoutMs: lookUpMs });
        return text(fields(answer["channel"])["name"]);
      }),
    known: (id) => kept.get(id)?.name ?? "",
  };
}

/** What people call somebody. */
export function userNameOf(user: Record<string, unknown>): string {
  const profile = fields(user["profile"]);
  return (
    text(profile["display_name"]) ||
    text(user["real_name"]) ||
    text(profile["real_name"]) ||
    text(user["name"])
  );
}
