import { createHash, randomBytes, randomInt } from "node:crypto";
import type { Scope } from "../../core/authority.ts";
import type { Clock } from "../../core/clock.ts";
import type { Role } from "../devices/records.ts";

/** How long a link or code lets somebody in. */
export const loginCodeMs = 5 * 60_000;
/** Codes that wait at a time; one more drops the oldest. */
const mostWaiting = 4;
/** Six digits can be guessed: so many wrong ones, from wherever, end every code that waits. Links live on. */
const mostWrongCodes = 5;

export interface LoginCode {
  /** For the fragment of a link: 128 random bits. */
  ticket: string;
  /** Six digits, to be typed. */
  code: string;
  /** Epoch milliseconds. */
  expiresAt: number;
}

/**
 * One-time logins of browsers: a link and a six-digit code for the same login, whichever comes first. Short-lived, in
 * memory only, hashed, gone with their use, their time, or the gateway (threats.md 4.2).
 */
export interface LoginCodes {
  /**
   * `scopes` is what a device gets with it as operator: at most those of whoever makes it. With both `roles` one device
   * may use it once as each, as phone apps do.
   */
  create(scopes: readonly Scope[], roles?: readonly Role[]): LoginCode;
  /** Uses it up for the role. Null for one that is unknown, used, too old, or another device's or role's. */
  redeem(given: string, by: { deviceId: string; role: Role }): readonly Scope[] | null;
  /** Ends all that wait: a right that was taken away must not come back through one of them. */
  clear(): void;
}

interface Waiting {
  ticketHash: string;
  /** Null once too many were guessed. */
  codeHash: string | null;
  scopes: readonly Scope[];
  /** As what it can still be used. */
  roles: readonly Role[];
  /** Who used it first; nobody else can then. */
  deviceId: string | null;
  expiresAt: number;
}

const ticketPattern = /^olt_[A-Za-z0-9_-]{22}$/;
const codePattern = /^\d{6}$/;

export function createLoginCodes(clock: Pick<Clock, "now">): LoginCodes {
  let waiting: Waiting[] = [];
  let wrong = 0;
  const dropOld = () => (waiting = waiting.filter(({ expiresAt }) => expiresAt > clock.now()));

  return {
    create(scopes, roles = ["operator"]) {
      dropOld();
      if (waiting.length === 0) wrong = 0;
      const ticket = `olt_${randomBytes(16).toString("base64url")}`;
      const code = String(randomInt(1_000_000)).padStart(6, "0");
      const expiresAt = clock.now() + loginCodeMs;
      waiting.push({
        ticketHash: hash(ticket),
        codeHash: hash(code),
        scopes: [...scopes],
        roles: [...roles],
        deviceId: null,
        expiresAt,
      });
      waiting = waiting.slice(-mostWaiting);
      return { ticket, code, expiresAt };
    },
    clear() {
      waiting = [];
    },
    redeem(given, { deviceId, role }) {
      dropOld();
      const asCode = codePattern.test(given);
      if (!asCode && !ticketPattern.test(given)) return null;
      // Hashes are compared, so the time it takes tells nothing about what was made.
      const hashed = hash(given);
      const found = waiting.find(({ ticketHash, codeHash }) => (asCode ? codeHash : ticketHash) === hashed);
      if (found) {
        if (!found.roles.includes(role) || (found.deviceId ?? deviceId) !== deviceId) return null;
        found.deviceId = deviceId;
        found.roles = found.roles.filter((each) => each !== role);
        if (found.roles.length === 0) waiting = waiting.filter((each) => each !== found);
        return role === "node" ? [] : found.scopes;
      }
      if (asCode && waiting.length > 0 && ++wrong >= mostWrongCodes)
        for (const each of waiting) each.codeHash = null;
      return null;
    },
  };
}

/** Whether a text has the form of a one-time login; says nothing about its worth. */
export function looksLikeLoginCode(text: string): boolean {
  return ticketPattern.test(text) || codePattern.test(text);
}

const hash = (text: string) => createHash("sha256").update(text).digest("hex");
