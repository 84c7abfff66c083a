import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createCliHome, type CliHome } from "../../../../test/support/run-cli.ts";
import { readRestoreHold } from "../../../state/index.ts";

let cli: CliHome;
beforeEach(async () => {
  cli = createCliHome();
  await cli.run(["setup"]);
});
afterEach(() => cli.remove());

const jsonOf = (result: { stdout: string }) => JSON.parse(result.stdout) as Record<string, unknown>;

it("goes from create over list and verify to restore and release", async () => {
  const created = await cli.run(["backup", "create", "--json"]);
  expect(created).toMatchObject({ status: 0, stderr: "" });
  const { path } = jsonOf(created) as { path: string };
  expect(path).toMatch(/openclaw-backups\/openclaw-default-\d{8}-\d{6}\.tar\.gz$/);
  expect(statSync(path).mode & 0o777).toBe(0o600);

  const listed = await cli.run(["backup", "list", "--json"]);
  expect(jsonOf(listed)["backups"]).toMatchObject([{ path, encrypted: false, info: { kind: "full" } }]);
  expect((await cli.run(["backup", "list"])).stdout).toContain("full");
  expect(await cli.run(["backup", "verify", path])).toMatchObject({ status: 0 });

  const refused = await cli.run(["backup", "restore", path]);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain("--force");
  const unasked = await cli.run(["backup", "restore", path, "--force"]);
  expect(unasked).toMatchObject({ status: 2 });

  writeFileSync(join(cli.stateDir, "workspace/SOUL.md"), "later");
  const restored = await cli.run(["backup", "restore", path, "--force", "--yes", "--json"]);
  expect(restored).toMatchObject({ status: 0, stderr: "" });
  const { movedAside } = jsonOf(restored) as { movedAside: string };
  expect(readFileSync(join(movedAside, "workspace/SOUL.md"), "utf8")).toBe("later");
  expect(readRestoreHold(cli.stateDir)).not.toBeNull();

  expect((await cli.run(["backup", "held"])).stdout).toContain("until openclaw backup release");
  expect((await cli.run(["backup", "release"])).stdout).toContain("Released");
  expect(readRestoreHold(cli.stateDir)).toBeNull();
  expect((await cli.run(["backup", "release"])).stdout).toBe("Nothing is held.\n");
  expect((await cli.run(["backup", "held"])).stdout).toBe("Nothing is held.\n");
});

it("encrypts with a passphrase of the environment or standard input, and shows it nowhere", async () => {
  const passphrase = "four random words here";
  const output = join(cli.home, "b.enc");
  const created = await cli.run(["backup", "create", "--encrypt", "--output", output], {
    stdin: `${passphrase}\n`,
  });
  expect(created).toMatchObject({ status: 0, stderr: "" });
  expect(created.stdout + readFileSync(output, "latin1")).not.toContain(passphrase);
  expect((await cli.run(["backup", "verify", output])).status).toBe(2);
  expect((await cli.run(["backup", "verify", output], { stdin: "another passphrase" })).stderr).toContain(
    "does not open",
  );
  const env = { OPENCLAW_BACKUP_PASSPHRASE: passphrase };
  expect((await cli.run(["backup", "verify", output, "--json"], { env })).stdout).toContain(
    '"encrypted": true',
  );
  const to = join(cli.home, "elsewhere");
  expect(await cli.run(["backup", "restore", output, "--to", to, "--release"], { env })).toMatchObject({
    status: 0,
  });
  expect(existsSync(join(to, "openclaw.json"))).toBe(true);
  expect(readRestoreHold(to)).toBeNull();
});

it("names what a backup does not hold, and works with a broken configuration", async () => {
  cli.configure({ gateway: { mode: "local" }, agents: { defaults: { workspace: join(cli.home, "notes") } } });
  const created = await cli.run(["backup", "create", "--json"]);
  expect(jsonOf(created)["leftOut"]).toEqual([
    { path: join(cli.home, "notes"), reason: "outside the state directory: back it up yourself" },
  ]);
  writeFileSync(join(cli.stateDir, "openclaw.json"), "{ gateway: { mode:");
  const broken = await cli.run(["backup", "create", "--minimal", "--output", join(cli.home, "m.tar.gz")]);
  expect(broken).toMatchObject({ status: 0 });
});

it("says what is wrong with what it was given", async () => {
  const text = join(cli.home, "x.tar.gz");
  writeFileSync(text, "hello");
  expect((await cli.run(["backup", "verify", text])).stderr).toContain("damaged");
  expect((await cli.run(["backup", "verify", join(cli.home, "missing")])).stderr).toContain("missing");
  expect((await cli.run(["backup", "create", "--output", text])).stderr).toContain("exists already");
  expect((await cli.run(["backup", "create", "--full", "--minimal"])).status).toBe(2);
  expect((await cli.run(["backup", "list", join(cli.home, "nowhere")])).status).toBe(1);
  expect((await cli.run(["backup", "list", cli.home])).stdout).toContain("ARCHIVE_CORRUPT");
  expect(readdirSync(cli.home).filter((name) => name.includes("restore") || name.endsWith(".tmp"))).toEqual(
    [],
  );
});
