// A healthy installation in a temporary home, a picture of every byte and mode in it, and a doctor for it.
import { createHash, randomBytes } from "node:crypto";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openDoctor, type Doctor, type DoctorOptions, type Machine } from "../../src/doctor/index.ts";
import { silentLogger } from "../../src/core/logger.ts";
import { openLedgerDb } from "../../src/ledger/index.ts";
import { ledgerMigrations } from "../../src/ledger/schema.ts";
import { sessionMigrations } from "../../src/sessions/schema.ts";
import { ensureWorkspace, resolvePaths, type Paths } from "../../src/state/index.ts";
import { manualClock, type ManualClock } from "./manual-clock.ts";

export const gib = 1024 ** 3;

export interface DoctorHome {
  home: string;
  paths: Paths;
  clock: ManualClock;
  token: string;
  write: (path: string, content: string, mode?: number) => string;
  config: (change: (config: Record<string, unknown>) => void) => void;
  doctor: (options?: Partial<Omit<DoctorOptions, "machine">> & { machine?: Partial<Machine> }) => Doctor;
  /** Every file, directory and link with its mode and content; what the doctor keeps for itself left out. */
  picture: () => Record<string, string>;
  remove: () => void;
}

export const healthyMachine: Machine = {
  platform: process.platform,
  nodeVersion: "24.1.0",
  runtime: "node",
  uid: process.getuid?.() ?? null,
  totalMemoryBytes: 8 * gib,
  memoryLimitBytes: null,
  freeBytes: () => 100 * gib,
  portOwner: () => Promise.resolve(null),
};

export const goodLine = (id: string, text: string): string =>
  JSON.stringify({ id, role: "user", timestamp: 1, content: [{ type: "text", text }] });

export function createDoctorHome(): DoctorHome {
  const home = mkdtempSync(join(tmpdir(), "openclaw-doctor-test-"));
  const paths = resolvePaths({ env: {}, home });
  const clock = manualClock();
  const token = randomBytes(32).toString("hex");
  const write = (path: string, content: string, mode = 0o600): string => {
    const full = join(paths.stateDir, path);
    mkdirSync(dirname(full), { recursive: true, mode: 0o700 });
    writeFileSync(full, content, { mode });
    return full;
  };
  write(
    "openclaw.json",
    `// mine\n${JSON.stringify({ gateway: { mode: "local", auth: { token } } }, null, 2)}\n`,
  );
  ensureWorkspace(paths.defaultWorkspaceDir);
  mkdirSync(join(paths.defaultWorkspaceDir, ".git"));
  write("agents/main/sessions/main.jsonl", `${goodLine("a", "one")}\n${goodLine("b", "two")}\n`);
  symlinkSync("main", join(paths.agentsDir, "default"));
  makeLedger(paths);
  return {
    home,
    paths,
    clock,
    token,
    write,
    config(change) {
      const text = readFileSync(paths.configPath, "utf8").replace(/^\/\/.*\n/, "");
      const config = JSON.parse(text) as Record<string, unknown>;
      change(config);
      writeFileSync(paths.configPath, `// mine\n${JSON.stringify(config, null, 2)}\n`);
    },
    doctor: (options = {}) =>
      openDoctor({
        paths,
        env: {},
        version: "2026.11.21",
        clock,
        ...options,
        machine: { ...healthyMachine, ...options.machine },
      }),
    picture: () => pictureOf(home),
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}

/** The tables a gateway leaves behind, closed cleanly. */
function makeLedger(paths: Paths): void {
  const db = openLedgerDb({ path: paths.ledgerPath, logger: silentLogger });
  db.migrate("ledger", ledgerMigrations);
  db.migrate("sessions", sessionMigrations);
  db.close();
}

const own = /^\.openclaw\/(?:doctor|config-history|config\.lock\.sqlite)/;

function pictureOf(root: string): Record<string, string> {
  const picture: Record<string, string> = {};
  const visit = (folder: string) => {
    for (const name of readdirSync(join(root, folder)).toSorted()) {
      const path = folder ? `${folder}/${name}` : name;
      if (own.test(path)) continue;
      const stat = lstatSync(join(root, path));
      const mode = (stat.mode & 0o777).toString(8);
      if (stat.isSymbolicLink()) picture[path] = `-> ${readlinkSync(join(root, path))}`;
      else if (stat.isDirectory()) {
        picture[`${path}/`] = mode;
        visit(path);
      } else {
        const content = readFileSync(join(root, path));
        picture[path] = `${mode} ${createHash("sha256").update(content).digest("hex")}`;
      }
    }
  };
  visit("");
  return picture;
}
