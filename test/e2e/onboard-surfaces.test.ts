// One wizard, three surfaces: terminal, flags and RPC come to the same file, byte for byte.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { spawn } from "@lydell/node-pty";
import { afterEach, expect, test } from "vitest";
import { createHome, e2eToken, program, until, type E2eHome } from "../support/e2e-home.ts";

const written = `// mine, and to be kept
{
  gateway: { mode: "local", auth: { token: "${e2eToken}" } }, // by hand
  models: { detectLocal: false },
}
`;
const answers: Record<string, string | boolean> = {
  risk: true,
  flow: "advanced",
  model: "builtin",
  bind: "auto",
  workspace: "~/agent",
  review: true,
};

const homes: E2eHome[] = [];
afterEach(async () => {
  for (const home of homes.splice(0)) await home[Symbol.asyncDispose]();
});
function newHome(): E2eHome {
  const home = createHome();
  homes.push(home);
  mkdirSync(home.stateDir, { mode: 0o700 });
  writeFileSync(home.configPath, written, { mode: 0o600 });
  return home;
}

async function byFlags(): Promise<string> {
  const home = newHome();
  const flags = [
    "--flow",
    "advanced",
    "--model-source",
    "builtin",
    "--gateway-bind",
    "auto",
    "--workspace",
    "~/agent",
  ];
  const done = await home.cli(["onboard", "--non-interactive", "--accept-risk", ...flags]);
  expect(done, done.stderr).toMatchObject({ status: 0 });
  return readFileSync(home.configPath, "utf8");
}

async function byRpc(): Promise<string> {
  const home = newHome();
  await home.gateway();
  const call = async (method: string, params: object) => {
    const done = await home.cli(["gateway", "call", method, "--params", JSON.stringify(params), "--json"]);
    expect(done, done.stderr).toMatchObject({ status: 0 });
    return JSON.parse(done.stdout) as {
      sessionId: string;
      done: boolean;
      status: string;
      step?: { id: string };
    };
  };
  let at = await call("wizard.start", { mode: "local" });
  const { sessionId } = at;
  while (at.step) {
    const stepId = at.step.id;
    const value = answers[stepId];
    at = await call("wizard.next", {
      sessionId,
      answer: { stepId, ...(value === undefined ? {} : { value }) },
    });
  }
  expect(at).toMatchObject({ done: true, status: "done" });
  return readFileSync(home.configPath, "utf8");
}

async function byTerminal(): Promise<string> {
  const home = newHome();
  const terminal = spawn(process.execPath, [program, "onboard", "--no-install-daemon"], {
    cols: 100,
    rows: 40,
    env: home.env,
    cwd: home.dir,
  });
  let output = "";
  let status: number | null = null;
  terminal.onData((chunk) => (output += chunk));
  terminal.onExit(({ exitCode }) => (status = exitCode));
  const down = "\u001b[B";
  const keys: Array<[string, string]> = [
    ["An agent acts: ", "y"],
    ["How much to ask: ", `${down}\r`],
    ["Where the gateway runs: ", "\r"],
    ["Model: ", `${down}\r`],
    ["Port: ", "\r"],
    ["Who can reach it: ", `${down}${down}${down}\r`],
    ["How clients log in: ", "\r"],
    ["Token: ", "\r"],
    ["Channels: ", "\r"],
    ["Workspace: ", "\u0015~/agent\r"],
    ["First message: ", "\u0015\r"],
    ["Do this now?", "\r"],
  ];
  let seen = 0;
  try {
    for (const [words, typed] of keys) {
      await until(() => output.includes(words, seen), { what: `${words}\n${output.slice(-1500)}` });
      seen = output.indexOf(words, seen) + words.length;
      terminal.write(typed);
    }
    await until(() => status !== null, { what: `the end\n${output.slice(-1500)}` });
  } finally {
    if (status === null) terminal.kill("SIGKILL");
  }
  expect(status, output).toBe(0);
  return readFileSync(home.configPath, "utf8");
}

test("terminal, flags and RPC write the same bytes, and keep what a person wrote", async () => {
  const flags = await byFlags();
  expect(flags).toContain("// mine, and to be kept");
  expect(flags).toContain("// by hand");
  expect(flags).toMatch(/bind["']?: ?["']auto["']/);
  expect(await byRpc()).toBe(flags);
  expect(await byTerminal()).toBe(flags);
}, 90_000);
