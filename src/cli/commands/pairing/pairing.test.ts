import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createCliHome, type CliHome } from "../../../../test/support/run-cli.ts";
import { systemClock } from "../../../core/clock.ts";
import { silentLogger } from "../../../core/logger.ts";
import { createPairingDesk } from "../../../routing/index.ts";

let cli: CliHome;
const desk = () =>
  createPairingDesk({
    channelsDir: join(cli.stateDir, "channels"),
    clock: systemClock,
    logger: silentLogger,
  });
const ask = (id: string, name = "Anna") =>
  desk().request({ channel: "telegram", account: "default" }, { id, chatId: id, name })?.code ?? "";

beforeEach(() => (cli = createCliHome()));
afterEach(() => cli.remove());

test("works on the files while no gateway runs", async () => {
  cli.configure({ gateway: { mode: "local" } });
  expect((await cli.run(["pairing", "list"])).stdout).toBe("Nobody asks to be let in, and nobody was.\n");
  const code = ask("1", "Anna\u001b[31m");
  const list = await cli.run(["pairing", "list"]);
  expect(list.stdout).toContain(code);
  expect(list.stdout).not.toContain("\u001b");
  expect(list.stdout).toContain("Then add --owner.");
  const approved = await cli.run(["pairing", "approve", "telegram", code.toLowerCase(), "--owner"]);
  expect(approved).toMatchObject({ status: 0, stderr: "" });
  expect(approved.stdout).toMatch(/^Approved Anna.* \(1\) on telegram as the owner\.\n$/);
  expect(desk().senders("telegram", "default")).toMatchObject({ allowFrom: ["1"], owners: ["1"] });
  const json = JSON.parse((await cli.run(["pairing", "list", "--json"])).stdout) as unknown;
  expect(json).toMatchObject({ pending: [], approved: [{ id: "1", owner: true }], hasOwner: true });
  expect((await cli.run(["pairing", "revoke", "1"])).stdout).toBe("1 on telegram may not write any more.\n");
  expect(desk().senders("telegram", "default").allowFrom).toEqual([]);
});

test("names the command that makes the first one the owner, as long as there is none", async () => {
  cli.configure({ gateway: { mode: "local" } });
  const first = await cli.run(["pairing", "approve", ask("123")]);
  expect(first.stdout).toContain(`openclaw config set commands.ownerAllowFrom '["telegram:123"]'`);
  await cli.run(["config", "set", "commands.ownerAllowFrom", '["telegram:123"]']);
  expect((await cli.run(["pairing", "approve", ask("124")])).stdout).toBe(
    "Approved Anna (124) on telegram.\n",
  );
});

test("says what is wrong with a code, and exits with 1", async () => {
  const code = ask("1");
  const wrong = await cli.run(["pairing", "approve", "NOTACODE"]);
  expect(wrong.status).toBe(1);
  expect(wrong.stderr).toContain('pairing code "NOTACODE" is unknown, used up or older than an hour');
  expect(wrong.stderr).toContain("openclaw pairing list");
  expect((await cli.run(["pairing", "approve", code, "--channel", "discord"])).status).toBe(1);
  expect((await cli.run(["pairing", "approve", code, "--notify"])).stderr).toContain("--notify");
  expect((await cli.run(["pairing", "reject", code])).stdout).toBe("Rejected Anna (1) on telegram.\n");
  expect((await cli.run(["pairing", "approve", code])).status).toBe(1);
  expect((await cli.run(["pairing", "approve"])).status).toBe(2);
});
