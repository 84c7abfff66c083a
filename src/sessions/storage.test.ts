import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import { silentLogger } from "../core/logger.ts";
import { ledgerContract } from "../../test/support/ledger-contract.ts";
import { manualClock } from "../../test/support/manual-clock.ts";
import type { Recovered } from "../ledger/contract.ts";
import { resolvePaths } from "../state/index.ts";
import { openStorage, type Storage } from "./index.ts";

const undo: Array<() => Promise<void> | void> = [];
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

ledgerContract("SQLite", async (policy) => {
  const dir = mkdtempSync(join(tmpdir(), "ledger-"));
  undo.push(() => rmSync(dir, { recursive: true, force: true }));
  const clock = manualClock();
  const paths = resolvePaths({ env: { OPENCLAW_STATE_DIR: dir }, home: dir });
  let newest: Storage;
  const open = async (): Promise<Storage> => {
    newest = await openStorage({ paths, clock, logger: silentLogger, policy });
    const opened = newest;
    undo.push(() => opened.close());
    return newest;
  };
  const { ledger } = await open();
  let recovered: Recovered | null = null;
  return {
    ledger,
    clock,
    recovered: () => recovered,
    async restart() {
      const next = await open();
      recovered = await next.ledger.recover();
      return next.ledger;
    },
    entryIds: (session) => newest.sessions.tail(`agent:main:${session}`, 1000).map((entry) => entry.id),
  };
});
