import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createToolBench, type ToolBench } from "../../../../test/support/tool-bench.ts";
import { Secret } from "../../../core/secret.ts";
import type { SkillVariable } from "../../skill-env.ts";

// What the operator gave a skill reaches that skill's commands, is named to whoever approves, and does not come back.

let bench: ToolBench;
const variables: SkillVariable[] = [
  {
    name: "NOTES_KEY",
    value: new Secret("sesame-0123456789"),
    skill: "notes",
    programs: ["printenv"],
    baseDir: "/nowhere/skills/notes",
  },
];
beforeEach(async () => {
  const plain = await createToolBench();
  const exec = {
    settings: () => plain.settings.exec,
    approvals: plain.approvals,
    allowlist: plain.allowlist,
    processes: plain.processes,
    environment: { HOME: plain.workspaceDir },
    variables: () => Promise.resolve(variables),
  };
  bench = {
    ...plain,
    ...(await createToolBench({ exec })),
    settings: plain.settings,
    approvals: plain.approvals,
  };
});
afterEach(() => bench.stop());
const full = () => void (bench.settings.exec = { ...bench.settings.exec, security: "full", ask: "off" });

test("its programs get it, others do not, and the value itself is starred", async () => {
  full();
  expect(await bench.call("exec", { command: "printenv NOTES_KEY" })).toMatchObject({
    text: "*".repeat(17),
    isError: false,
  });
  expect((await bench.call("exec", { command: 'sh -c "env | grep -c [N]OTES"' })).text).toMatch(/^0/);
  const { text } = await bench.call("exec", {
    command: 'test "$NOTES_KEY" = sesame-0123456789 && echo equal',
  });
  expect(text).toBe("equal");
});

test("also in the background, where output comes in pieces", async () => {
  full();
  writeFileSync(join(bench.workspaceDir, "slow.sh"), "printf sesame-; read go; printf '0123456789 end'");
  const started = await bench.call("exec", { command: "sh slow.sh NOTES_KEY", background: true });
  const id = /proc-\w+/.exec(started.text)?.[0] ?? "";
  let seen = "";
  const poll = async (wait: number) =>
    (seen += (await bench.call("process", { action: "poll", id, wait })).text);
  await poll(0.2);
  await bench.call("process", { action: "write", id, data: "\n" });
  await poll(10);
  expect(seen).toContain(`${"*".repeat(17)} end`);
  expect(seen).not.toMatch(/sesame|0123456789/);
});

test("who approves reads the name, never the value; an allowlist entry covers the skill's program, not a mere mention", async () => {
  const asked: unknown[] = [];
  const stop = bench.approvals.subscribe((event) => {
    if (event.type !== "requested") return;
    asked.push(event.record.request);
    void bench.approvals.resolve(event.record.request.id, "allow-always", "operator");
  });
  await bench.call("exec", { command: "printenv HOME" });
  expect(JSON.stringify(asked)).toContain("NOTES_KEY (skill notes)");
  expect(JSON.stringify(asked)).not.toContain("sesame");
  await bench.call("exec", { command: "printenv HOME" });
  expect(asked).toHaveLength(1);
  // Named, it may go anywhere: as an address of a download, into a file.
  for (const command of ["printenv NOTES_KEY", "printenv NOTES_KEY", "touch NOTES_KEY", "touch NOTES_KEY"])
    await bench.call("exec", { command });
  expect(asked).toHaveLength(5);
  stop();
});

test("the model cannot put another value in its place", async () => {
  full();
  const { text, isError } = await bench.call("exec", {
    command: "printenv NOTES_KEY",
    env: { NOTES_KEY: "mine" },
  });
  expect([text, isError]).toEqual([expect.stringContaining("may not be set"), true]);
});
