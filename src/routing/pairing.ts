import { randomBytes } from "node:crypto";
import { createBus } from "../core/bus.ts";
import type { Clock } from "../core/clock.ts";
import { messageOf, UserError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { constantTimeEqual, createLimiter } from "../guard/index.ts";
import type { PairedSenders } from "./admit.ts";
import {
  noPairing,
  openPairingFile,
  pairingChannels,
  type AccountPairing,
  type PairingRequest,
} from "./pairing-file.ts";

const codeTtlMs = 60 * 60_000;
const maxPending = 3;
/** No I, O, 0 and 1: codes are read aloud and typed. 32 letters, so five bits of a random byte are one. */
const alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const codeChars = 8;

export interface PendingPairing {
  channel: string;
  account: string;
  /** Sender id. */
  id: string;
  name: string | null;
  code: string;
  chatId: string;
  createdAt: number;
  expiresAt: number;
}
export interface ApprovedSender {
  channel: string;
  account: string;
  id: string;
  owner: boolean;
}
export interface PairingFilter {
  channel?: string | undefined;
  account?: string | undefined;
}

export type PairingEvent =
  | { type: "requested"; request: PendingPairing }
  | {
      type: "resolved";
      decision: "approved" | "rejected" | "revoked";
      sender: { channel: string; account: string; id: string };
    };

/** Who asked to be let in and who was (CHAN-009, threats.md 4.6). Decisions take effect with the next message. */
export interface PairingDesk {
  /** Nobody when the file cannot be read: an unreadable list admits no one. */
  senders(channel: string, account: string): PairedSenders;
  /** The code of a stranger, the same one while it lives; null when {@link maxPending} others wait already. */
  request(
    at: { channel: string; account: string },
    who: { id: string; chatId: string; name: string | null },
  ): PendingPairing | null;
  list(filter?: PairingFilter): { pending: PendingPairing[]; approved: ApprovedSender[]; hasOwner: boolean };
  /**
   * Lets the holder of a code in, as the owner of this gateway when asked to. The code is used up.
   * @throws UserError PAIRING_CODE_UNKNOWN, PAIRING_ATTEMPTS (`by` guessed too often)
   */
  approve(
    code: string,
    options: PairingFilter & { owner?: boolean; by: string },
  ): PendingPairing & {
    owner: boolean;
  };
  /** @throws UserError PAIRING_CODE_UNKNOWN, PAIRING_ATTEMPTS */
  reject(code: string, options: PairingFilter & { by: string }): PendingPairing;
  /** Takes an approval back. @throws UserError PAIRING_SENDER_UNKNOWN */
  revoke(id: string, filter?: PairingFilter): ApprovedSender[];
  /** Tells of every new request and every decision of this process; returns the function that unsubscribes. */
  subscribe(listener: (event: PairingEvent) => void): () => void;
}

/** Opens the pairing documents below `channels/`. This process is their one writer. */
export function createPairingDesk(options: {
  channelsDir: string;
  clock: Clock;
  logger: Logger;
}): PairingDesk {
  const { channelsDir, clock, logger } = options;
  const bus = createBus<PairingEvent>((error) =>
    logger.error("a listener of pairing failed", { error: messageOf(error) }),
  );
  const resolved = (
    decision: "approved" | "rejected" | "revoked",
    { channel, account, id }: ApprovedSender | PendingPairing,
  ) => bus.publish({ type: "resolved", decision, sender: { channel, account, id } });
  const files = new Map<string, ReturnType<typeof openPairingFile>>();
  const wrong = createLimiter({
    clock,
    maxCharges: 10,
    windowMs: 10 * 60_000,
    lockMs: 10 * 60_000,
    maxKeys: 100,
  });

  const fileOf = (channel: string) => {
    const file = files.get(channel) ?? openPairingFile(channelsDir, channel);
    files.set(channel, file);
    return file;
  };
  const isLive = ({ createdAt }: PairingRequest) => clock.now() - createdAt < codeTtlMs;
  const accountOf = (channel: string, account: string): AccountPairing => {
    const document = fileOf(channel).read();
    return Object.hasOwn(document, account) ? (document[account] ?? noPairing) : noPairing;
  };
  /** Writes one account; requests that ran out go with it. */
  const change = (channel: string, account: string, make: (old: AccountPairing) => AccountPairing) => {
    const next = make(accountOf(channel, account));
    fileOf(channel).write({
      ...fileOf(channel).read(),
      [account]: { ...next, requests: next.requests.filter(isLive) },
    });
  };
  const pendingOf = (channel: string, account: string, request: PairingRequest): PendingPairing => ({
    channel,
    account,
    id: request.id,
    name: request.name,
    code: request.code,
    chatId: request.chatId,
    createdAt: request.createdAt,
    expiresAt: request.createdAt + codeTtlMs,
  });
  const accountsOf = (filter: PairingFilter) =>
    (filter.channel === undefined ? pairingChannels(channelsDir) : [filter.channel]).flatMap((channel) =>
      Object.entries(fileOf(channel).read())
        .filter(([account]) => filter.account === undefined || filter.account === account)
        .map(([account, pairing]) => ({ channel, account, pairing })),
    );
  const allPending = (filter: PairingFilter) =>
    accountsOf(filter).flatMap(({ channel, account, pairing }) =>
      pairing.requests.filter(isLive).map((request) => pendingOf(channel, account, request)),
    );

  /** The request of a code. Every wrong one counts against whoever tried. */
  function find(text: string, { by, ...filter }: PairingFilter & { by: string }): PendingPairing {
    const code = text.toUpperCase().replaceAll(/[\s-]/g, "");
    const charge = wrong.charge(by);
    if (!charge.allowed)
      throw new UserError("PAIRING_ATTEMPTS", "too many wrong pairing codes", {
        hint: `try again in ${Math.ceil(charge.retryAfterMs / 60_000)} minutes; openclaw pairing list`,
      });
    // All are compared, so the time tells nothing about which one was close.
    const hits = allPending(filter).filter((each) => constantTimeEqual(each.code, code));
    const [hit] = hits;
    if (!hit)
      throw new UserError(
        "PAIRING_CODE_UNKNOWN",
        `pairing code ${JSON.stringify(text.slice(0, 40))} is unknown, used up or older than an hour`,
        { hint: "openclaw pairing list" },
      );
    charge.refund();
    return hit;
  }

  return {
    senders(channel, account) {
      try {
        return accountOf(channel, account);
      } catch (error) {
        logger.error("the list of paired senders cannot be read: none of them is admitted", {
          channel,
          account,
          error: messageOf(error),
        });
        return noPairing;
      }
    },
    request({ channel, account }, who) {
      const live = accountOf(channel, account).requests.filter(isLive);
      const known = live.find(({ id }) => id === who.id);
      if (known) return pendingOf(channel, account, known);
      if (live.length >= maxPending) return null;
      const now = clock.now();
      const request: PairingRequest = { ...who, code: newCode(), createdAt: now, lastSeenAt: now };
      change(channel, account, (old) => ({ ...old, requests: [...old.requests, request] }));
      const pending = pendingOf(channel, account, request);
      bus.publish({ type: "requested", request: pending });
      return pending;
    },
    list(filter = {}) {
      const approved = accountsOf(filter).flatMap(({ channel, account, pairing }) =>
        pairing.allowFrom.map((id) => ({ channel, account, id, owner: pairing.owners.includes(id) })),
      );
      const hasOwner = accountsOf({}).some(({ pairing }) => pairing.owners.length > 0);
      return { pending: allPending(filter), approved, hasOwner };
    },
    approve(code, { owner = false, ...rest }) {
      const found = find(code, rest);
      const { channel, account, id } = found;
      change(channel, account, (old) => ({
        allowFrom: [...new Set([...old.allowFrom, id])],
        owners: owner ? [...new Set([...old.owners, id])] : old.owners,
        requests: old.requests.filter((request) => request.id !== id),
      }));
      resolved("approved", found);
      logger.info("a sender was approved", { channel, account, sender: id, owner, by: rest.by });
      return { ...found, owner: owner || accountOf(channel, account).owners.includes(id) };
    },
    reject(code, options_) {
      const found = find(code, options_);
      change(found.channel, found.account, (old) => ({
        ...old,
        requests: old.requests.filter((request) => request.id !== found.id),
      }));
      resolved("rejected", found);
      return found;
    },
    subscribe: (listener) => bus.subscribe(listener),
    revoke(id, filter = {}) {
      const hits = accountsOf(filter).filter(({ pairing }) => pairing.allowFrom.includes(id));
      if (hits.length === 0)
        throw new UserError(
          "PAIRING_SENDER_UNKNOWN",
          `nobody with the id ${JSON.stringify(id.slice(0, 80))} was approved`,
          { hint: "openclaw pairing list" },
        );
      return hits.map(({ channel, account, pairing }) => {
        change(channel, account, (old) => ({
          ...old,
          allowFrom: old.allowFrom.filter((each) => each !== id),
          owners: old.owners.filter((each) => each !== id),
        }));
        const sender = { channel, account, id, owner: pairing.owners.includes(id) };
        resolved("revoked", sender);
        return sender;
      });
    },
  };
}

function newCode(): string {
  return Array.from(randomBytes(codeChars), (byte) => alphabet[byte % alphabet.length]).join("");
}

/** What a stranger is told, once per code. */
export function pairingText({ channel, account, id, code }: PendingPairing): string {
  const at = account === "default" ? "" : ` --account ${account}`;
  return [
    "I do not know you yet, so I cannot answer.",
    `Your id here: ${id}`,
    `Pairing code: ${code} (works once, for an hour)`,
    `My owner lets you in with: openclaw pairing approve ${code} --channel ${channel}${at}`,
  ].join("\n");
}
