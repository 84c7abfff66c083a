import { join } from "node:path";
import { systemClock } from "../../src/core/clock.ts";
import { silentLogger } from "../../src/core/logger.ts";
import { createSandboxes, insideWorkspace } from "../../src/sandbox/box/index.ts";

// Started by src/sandbox/box/bubblewrap.test.ts as an ordinary user: what a command in a sandbox sees then, as JSON.
const folder = process.argv[2] ?? "";
const at = (name: string) => join(folder, name);
const sandboxes = createSandboxes({
  settings: () => ({
    mode: "all",
    scope: "agent",
    access: "none",
    backend: "bubblewrap",
    folder: at("state/sandboxes"),
    image: "unused",
    network: "none",
    memoryBytes: 512 * 1024 ** 2,
    cpus: null,
    pidsLimit: 48,
    env: {},
    binds: [],
    prune: { idleHours: 1, maxAgeDays: 2 },
  }),
  folders: () => [at("state/sandboxes")],
  stateDir: at("state"),
  workspaces: () => [],
  forbidden: { home: at("home"), secret: [at("state")] },
  env: {},
  clock: systemClock,
  logger: silentLogger,
});
const box = sandboxes.of({ agentId: "main", sessionKey: "agent:main:x", workspaceDir: at("workspace") });
const run = async (command: string) => {
  let text = "";
  const running = await box.start(
    { command, cwd: insideWorkspace, env: box.env(), pty: false },
    { clock: systemClock, timeoutMs: 30_000, onOutput: (chunk) => void (text += chunk) },
  );
  await running.ended;
  return text;
};
const text = await run(
  `cat ${at("state/secret")} ${at("link/secret")}; kill -9 ${process.pid} && echo KILLED; ` +
    "unshare -Ur true 2>/dev/null && echo NESTED; (exec 3>>/proc/sys/kernel/core_pattern) 2>/dev/null && echo OPENED; " +
    "echo x > file && cat file; echo end",
);
const bomb = await run("i=0; while [ $i -lt 200 ]; do i=$((i+1)); sleep 5 & done; echo over");
await sandboxes.stop();
process.stdout.write(JSON.stringify({ text, bomb, uid: process.getuid?.() }));
