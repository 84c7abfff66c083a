import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createCliHome, type CliHome } from "../../../../test/support/run-cli.ts";

let cli: CliHome;
beforeEach(() => void (cli = createCliHome()));
afterEach(() => cli.remove());

const made = (id: string, record: object, file?: string) => {
  const folder = join(cli.stateDir, "sandboxes", id);
  mkdirSync(join(folder, "workspace"), { recursive: true });
  if (file !== undefined) writeFileSync(join(folder, "workspace", file), "x");
  writeFileSync(join(folder, "box.json"), JSON.stringify({ id, createdAt: 1_700_000_000_000, ...record }));
  return folder;
};
const ids = (text: string) =>
  (JSON.parse(text) as { sandboxes: Array<{ id: string }> }).sandboxes.map(({ id }) => id);

test("explain says where tools of a session execute, and by which rule", async () => {
  expect((await cli.run(["sandbox", "explain"])).stdout).toContain(
    "agent:main:main is not sandboxed: sandbox.mode of main is off",
  );
  cli.configure({
    agents: {
      defaults: { sandbox: { mode: "non-main", backend: "docker", docker: { network: "mine" } } },
      list: [{ id: "main" }, { id: "ops", sandbox: { mode: "off", tools: { deny: ["exec"] } } }],
    },
    tools: {
      sandbox: { tools: { allow: ["read"] } },
      exec: { elevated: { enabled: true, allowFrom: { telegram: ["42"] } } },
    },
  });
  const at = async (...words: string[]) =>
    JSON.parse((await cli.run(["sandbox", "explain", "--json", ...words])).stdout);
  expect(await at()).toMatchObject({
    sandboxed: false,
    rule: "the owner's main session, sandbox.mode non-main",
  });
  expect(await at("--session", "telegram:group:-1")).toMatchObject({
    sessionKey: "agent:main:telegram:group:-1",
    sandboxed: true,
    backend: "docker",
    network: "mine",
    asks: "as tools.exec says",
    tools: [{ rule: "tools.sandbox.tools", allow: ["read"], deny: [] }],
    elevated: { level: "off", allowed: ["telegram:42"] },
  });
  expect(await at("--agent", "ops", "--session", "x")).toMatchObject({
    sandboxed: false,
    tools: [{ rule: "tools.sandbox.tools" }, { rule: "agents.ops.sandbox.tools", deny: ["exec"] }],
  });
  expect(await cli.run(["sandbox", "explain", "--agent", "nobody"])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('there is no agent "nobody"'),
  });
});

test("recreate removes what is chosen, asks for files, and leaves the rest", async () => {
  const { id } = JSON.parse((await cli.run(["sandbox", "explain", "--json"])).stdout) as { id: string };
  const used = made(id, { scope: "agent", agentId: "main" }, "note");
  const other = made("session-a-1", { scope: "session", agentId: "other", sessionKey: "agent:other:a" });
  writeFileSync(join(cli.stateDir, "sandboxes", "stranger"), "not ours");
  expect(ids((await cli.run(["sandbox", "list", "--json"])).stdout).sort()).toEqual(
    [id, "session-a-1"].sort(),
  );
  expect((await cli.run(["sandbox", "list"])).stdout).toMatch(/agent main .* 1 /);

  const dry = await cli.run(["sandbox", "recreate", "--dry-run"]);
  expect(dry.stdout).toContain(`${id}: would be removed, with 1 files`);
  expect(await cli.run(["sandbox", "recreate"])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("--yes"),
  });
  expect(existsSync(used)).toBe(true);

  expect(await cli.run(["sandbox", "recreate", "--session", "main", "--yes"])).toMatchObject({ status: 0 });
  expect([existsSync(used), existsSync(other)]).toEqual([false, true]);
  const json = await cli.run(["sandbox", "recreate", "--all", "--json"]);
  expect(JSON.parse(json.stdout)).toMatchObject({ removed: [{ id: "session-a-1", files: 0 }] });
  expect(existsSync(join(cli.stateDir, "sandboxes", "stranger"))).toBe(true);
  expect(await cli.run(["sandbox", "recreate", "--all", "--agent", "main"])).toMatchObject({ status: 2 });
  expect(await cli.run(["sandbox", "recreate", "--agent", "nobody"])).toMatchObject({ status: 1 });
});

test("build refuses what is no image, and says what is missing", async () => {
  expect(await cli.run(["sandbox", "build", "--image", "--privileged"])).toMatchObject({ status: 1 });
  expect(await cli.run(["sandbox", "build", "--image", "a b"])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("is no name of an image"),
  });
  expect(
    await cli.run(["sandbox", "build", "--engine", "podman"], { env: { CONTAINER_HOST: "unix:///nowhere" } }),
  ).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/podman (is not installed|cannot be reached|could not build)/),
  });
});
