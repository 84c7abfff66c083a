// A sandboxed run over real processes: kill -9 leaves nothing running, and what is resumed stays inside.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findBinary, systemPath } from "../../src/guard/index.ts";
import { startFakeProvider } from "../fakes/providers/server.ts";
import { baseConfig, createHome, until, fakeModels } from "../support/e2e-home.ts";
import { signIn } from "../support/e2e-socket.ts";

const commandLines = () =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8");
      } catch {
        return ""; // ended meanwhile
      }
    });

test.skipIf(process.platform !== "linux" || findBinary("bwrap", systemPath) === null)(
  "a sandboxed run that is killed leaves nothing behind, and is resumed in its sandbox though that was switched off",
  async () => {
    const provider = await startFakeProvider({ wire: "anthropic-messages" });
    const configuration = (mode: string) => ({
      ...baseConfig,
      models: fakeModels(provider),
      agents: { defaults: { model: "fake/fake-model", sandbox: { mode } } },
      tools: { exec: { security: "full", ask: "off" } },
    });
    await using home = createHome({ config: configuration("all") });
    const mark = String(500_000 + process.pid);
    const outside = join(home.dir, "outside");
    const exec = (id: string, command: string) => ({ toolCalls: [{ id, name: "exec", input: { command } }] });
    provider.setScript((request) => {
      if (request.number === 1) return exec("toolu_01", `touch ${outside}; touch begun; sleep ${mark}`);
      if (request.number === 2) return exec("toolu_02", `touch ${outside}; ls; id -un; pwd`);
      return { text: `number ${request.number}` };
    });
    const first = await home.gateway();
    const client = await signIn(first);
    await client.ask("chat.send", { sessionKey: "main", message: "do it", idempotencyKey: "k1" });
    await until(() => commandLines().some((line) => line.startsWith("sleep") && line.includes(mark)), {
      what: "the command to begin",
      or: first,
    });
    expect(await client.ask("sessions.list", {})).toMatchObject({
      sessions: [{ key: "agent:main:main", sandbox: { access: "none", network: "none" } }],
    });
    expect(await client.ask("status", {})).toMatchObject({
      sessions: { recent: [{ flags: ["sandboxed"] }] },
    });
    first.signal("SIGKILL");
    await first.ended;
    await until(() => !commandLines().some((line) => line.includes(mark)), {
      what: "the command to be gone",
    });

    home.configure(configuration("off"));
    const second = await home.gateway();
    const again = await signIn(second);
    await until(
      async () => (await again.ask("agent.wait", { runId: "k1", timeoutMs: 8000 }))["status"] === "ok",
      { timeoutMs: 20_000, or: second },
    );
    expect(JSON.stringify(provider.requests[2]?.body)).toMatch(/begun\\+nsandbox\\+n\/workspace/);
    expect(existsSync(outside)).toBe(false);
    expect((await home.cli(["why", "k1"])).stdout).toMatch(
      /sandbox +sandbox\.on +sandbox\.mode of main is all/,
    );
    expect((await home.cli(["sandbox", "list"])).stdout).toMatch(/agent main .* 1 /);
    client.socket.terminate();
    again.socket.terminate();
    expect((await second.stop()).status).toBe(0);
    await provider.stop();
  },
  60_000,
);
