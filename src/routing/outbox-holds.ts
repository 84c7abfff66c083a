import type { Clock } from "../core/clock.ts";
import type { DeliveryTarget } from "../ledger/contract.ts";

/** Chats and accounts to which nothing goes for a while. Forgotten by a restart: nothing is lost by going on at once. */
export interface Holds {
  chat(target: DeliveryTarget, ms: number): void;
  account(target: DeliveryTarget, ms: number): void;
  isHeld(target: DeliveryTarget): boolean;
  /** When the next hold ends, epoch milliseconds; null when there is none. */
  nextAt(): number | null;
}

export function createHolds(clock: Clock): Holds {
  const until = new Map<string, number>();
  const accountKey = ({ channel, account }: DeliveryTarget) => JSON.stringify([channel, account]);
  const chatKey = ({ channel, account, to, threadId }: DeliveryTarget) =>
    JSON.stringify([channel, account, to, threadId ?? null]);
  const put = (key: string, ms: number) => {
    const end = clock.now() + ms;
    if (ms > 0 && end > (until.get(key) ?? 0)) until.set(key, end);
  };
  const sweep = () => {
    for (const [key, end] of until) if (end <= clock.now()) until.delete(key);
  };
  return {
    chat: (target, ms) => put(chatKey(target), ms),
    account: (target, ms) => put(accountKey(target), ms),
    isHeld(target) {
      sweep();
      return until.has(accountKey(target)) || until.has(chatKey(target));
    },
    nextAt() {
      sweep();
      return until.size === 0 ? null : Math.min(...until.values());
    },
  };
}
