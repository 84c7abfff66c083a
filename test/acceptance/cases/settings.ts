import type { World } from "../types.ts";

const token = "5e".repeat(32);

const set = "Set gateway.auth.token";

/** What an operator does before a gateway runs. */
export const settings: World = {
  name: "settings",
  what: "a configuration, no gateway",
  machine: "namespace",
  config: { gateway: { mode: "local", auth: { mode: "token", token } }, models: { detectLocal: false } },
  cases: [
    { command: "openclaw --version", stdout: [/\d{4}\.\d+\.\d+/] },
    { command: "openclaw --help", stdout: ["Usage: openclaw"] },
    { command: "openclaw config get gateway.port", stdout: ["18789"] },
    { command: "openclaw config get gateway.bind", stdout: ["loopback"] },
    { command: "openclaw config get gateway.auth.mode", stdout: ["token"] },
    { command: "openclaw config get gateway.auth.token", stdout: [token] },
    { command: "openclaw config set", exit: 2, stderr: ["missing required argument"] },
    {
      command: 'openclaw config set agents.defaults.model "openai/gpt-4"',
      stdout: ["Set agents.defaults.model"],
    },
    { command: `openclaw config set tools.allow '["read", "write", "exec"]'`, stdout: ["Set tools.allow"] },
    {
      command: "openclaw config unset tools.exec.requireApproval",
      stdout: ["tools.exec.requireApproval was not set"],
    },
    { command: "openclaw config set gateway.mode local", stdout: ["gateway.mode"] },
    { command: "openclaw config set gateway.auth.mode token", stdout: ["gateway.auth.mode"] },
    {
      command: 'openclaw config set gateway.auth.token "..."',
      run: `openclaw config set gateway.auth.token "${token}"`,
      stdout: [set],
    },
    {
      command: "openclaw config set gateway.auth.token <token>",
      run: `openclaw config set gateway.auth.token ${token}`,
      stdout: [set],
    },
    {
      command: 'openclaw config set gateway.auth.token "$TOKEN"',
      run: 'TOKEN=$(openssl rand -hex 32); openclaw config set gateway.auth.token "$TOKEN"',
      stdout: [set],
    },
    { command: 'openclaw config set gateway.auth.token "$(openssl rand -hex 32)"', stdout: [set] },
    { command: "openclaw config set gateway.auth.token $(openssl rand -hex 32)", stdout: [set] },
    {
      command: 'openclaw config set gateway.auth.token "$(cat ~/.openclaw/gateway-token)"',
      before: ["openssl rand -hex 32 >~/.openclaw/gateway-token"],
      stdout: [set],
    },
    { command: "openclaw config set gateway.tailscale.mode serve", stdout: ["gateway.tailscale.mode"] },
    {
      command: "openclaw config set gateway.auth.allowTailscale true",
      stdout: ["gateway.auth.allowTailscale"],
    },
    {
      command: "openclaw config set gateway.bind tailnet",
      before: ["openclaw config set gateway.tailscale.mode off"],
      stdout: ["gateway.bind"],
    },
    { command: "openclaw config set gateway.bind lan", stdout: ["gateway.bind"] },
    { command: "openclaw config set gateway.bind loopback", stdout: ["gateway.bind"] },
    {
      command: "openclaw health --verbose",
      exit: 1,
      stderr: ["ws://127.0.0.1:18789", "openclaw.json"],
      note: "with the gateway down it names its target and the configuration",
    },
    {
      command: "openclaw sandbox recreate",
      run: "openclaw sandbox recreate --yes",
      before: [
        'mkdir -p ~/.openclaw/sandboxes/agent-main-b9c8eda8/workspace && echo x >~/.openclaw/sandboxes/agent-main-b9c8eda8/workspace/x && echo \'{"id":"agent-main-b9c8eda8","scope":"agent","agentId":"main","createdAt":1}\' >~/.openclaw/sandboxes/agent-main-b9c8eda8/box.json',
      ],
      stdout: ["agent-main-b9c8eda8: removed, with 1 files"],
      note: "a sandbox that was used before; --yes because nobody sits there to be asked",
    },
    {
      command: "openclaw security audit --fix",
      stdout: [/\d+ checks/],
      before: ["chmod 644 ~/.openclaw/openclaw.json"],
    },
  ],
};
