import { readdirSync } from "node:fs";
import { join } from "node:path";
import { codeOf, UserError } from "../core/errors.ts";
import { shortId } from "./short-id.ts";
import { isObject } from "../core/json.ts";
import { readTextIfExists, writeFileAtomic, type Paths } from "../state/index.ts";
import { bytesOf } from "./disk.ts";
import type { Receipt } from "./contract.ts";

export interface Receipts {
  /** An id not used yet; ids sort by time. */
  newId(now: number): string;
  /** Newest first. */
  list(): Receipt[];
  /** The named one, or the newest that was not undone. @throws UserError DOCTOR_RECEIPT_UNKNOWN */
  find(id: string | undefined): Receipt;
  save(receipt: Receipt): void;
  keepBytes(id: string, file: string, bytes: Buffer): void;
  /** @throws UserError DOCTOR_RECEIPT_UNKNOWN when they are gone */
  bytes(id: string, file: string): Buffer;
}

/** `<state>/doctor/<id>/receipt.json` and the original bytes beside it, all 0600. */
export function openReceipts(paths: Pick<Paths, "stateDir">): Receipts {
  const root = join(paths.stateDir, "doctor");

  function names(): string[] {
    try {
      return readdirSync(root);
    } catch (error) {
      if (codeOf(error) === "ENOENT" || codeOf(error) === "EACCES") return [];
      throw error;
    }
  }
  const list = (): Receipt[] =>
    names()
      .filter((name) => /^\d{8}-\d{6}-[a-z0-9]+$/.test(name))
      .toSorted()
      .toReversed()
      .flatMap((name) => parse(readTextIfExists(join(root, name, "receipt.json"))) ?? []);

  return {
    list,
    newId(now) {
      const stamp = new Date(now).toISOString().replaceAll(/[-:]/g, "").replace("T", "-").slice(0, 15);
      return `${stamp}-${shortId()}`;
    },
    find(id) {
      const receipts = list();
      const found = id
        ? receipts.find((receipt) => receipt.id === id)
        : receipts.find(({ state }) => state === "applied");
      if (found) return found;
      throw new UserError(
        "DOCTOR_RECEIPT_UNKNOWN",
        id
          ? `there is no repair ${JSON.stringify(id.slice(0, 80))}`
          : "there is no repair that could be undone",
        { hint: "openclaw doctor list" },
      );
    },
    save(receipt) {
      writeFileAtomic(join(root, receipt.id, "receipt.json"), `${JSON.stringify(receipt, null, 2)}\n`);
    },
    keepBytes(id, file, bytes) {
      writeFileAtomic(join(root, id, file), bytes);
    },
    bytes(id, file) {
      const bytes = bytesOf(join(root, id, file));
      if (bytes) return bytes;
      throw new UserError("DOCTOR_RECEIPT_UNKNOWN", `${join(root, id, file)} is gone`, {
        hint: "openclaw doctor list",
      });
    },
  };
}

/** A receipt torn by a full disk is none: nothing was changed before it was whole. */
function parse(text: string | null): Receipt | null {
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && typeof value["id"] === "string" && Array.isArray(value["entries"])
      ? (value as unknown as Receipt)
      : null;
  } catch {
    return null;
  }
}
