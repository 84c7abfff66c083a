import type { Case, World } from "../types.ts";

const installed = [/Service (installed|already installed|re-?installed)/];
/** A profile as the documents' readers have it by then: set up, with a mode. */
const prepared = (profile: string, port: number): string[] => [
  `openclaw --profile ${profile} config set gateway.mode local`,
  `openclaw --profile ${profile} config set models.detectLocal false`,
  `openclaw --profile ${profile} config set gateway.port ${port}`,
];
const install = (profile: string, port: number, more: Partial<Case> = {}): Case => ({
  command: `openclaw --profile ${profile} gateway install`,
  before: prepared(profile, port),
  stdout: installed,
  ...more,
});

/** The gateway as a service. */
export const service: World = {
  name: "service",
  what: "a booted, real systemd and an ordinary user with a configuration",
  machine: "systemd",
  config: { gateway: { mode: "local" }, models: { detectLocal: false } },
  cases: [
    { command: "openclaw gateway install", stdout: installed },
    {
      command: "openclaw gateway status",
      stdout: [/Runtime: +running/, /RPC probe: +ok/, "active (running)"],
    },
    { command: "openclaw gateway install --force", stdout: installed },
    { command: "openclaw gateway install --json", json: true, stdout: ['"ok": true'] },
    { command: "openclaw gateway install --runtime node", stdout: installed },
    { command: "openclaw gateway stop", stdout: [/stopped/i] },
    { command: "openclaw gateway start", stdout: [/started/i] },
    { command: "openclaw gateway restart", stdout: [/restarted/i] },
    { command: "openclaw gateway restart --force", stdout: [/restarted/i] },
    {
      command: "openclaw gateway install --token <token>",
      run: `openclaw gateway install --token ${"5e".repeat(32)}`,
      stdout: installed,
    },
    { command: "openclaw gateway uninstall", stdout: [/uninstalled|removed/i] },
    { command: "openclaw gateway install --port 19001", stdout: installed },
    {
      command: "openclaw --profile default gateway install",
      before: ["openclaw gateway uninstall", "openclaw config set gateway.port 18789"],
      stdout: installed,
    },
    install("dev", 19_001),
    install("myprofile", 19_021),
    install("rescue", 19_031),
    {
      command: "openclaw --profile dev gateway start",
      before: ["openclaw --profile dev gateway stop"],
      stdout: [/started/i],
    },
    { command: "openclaw --profile dev gateway install --port 19001", stdout: installed },
    {
      command: "openclaw --profile rescue gateway install --port 19789",
      before: ["openclaw --profile rescue gateway uninstall"],
      stdout: installed,
    },
    { command: "openclaw --dev gateway install", stdout: installed },
    { command: "openclaw --dev gateway start", stdout: [/start|run/i] },
    {
      command: "openclaw --profile prod gateway install --port 18789",
      before: ["openclaw gateway uninstall", "openclaw --profile prod config set gateway.mode local"],
      stdout: installed,
    },
    {
      command: "openclaw --profile work gateway install --port 19001",
      before: [
        "openclaw --profile dev gateway uninstall",
        "openclaw --profile work config set gateway.mode local",
      ],
      stdout: installed,
    },
    { command: "openclaw --profile work gateway start", stdout: [/start|run/i] },
    {
      command: "openclaw --profile main gateway install",
      before: ["openclaw --profile prod gateway uninstall"],
      stdout: installed,
      note: "another name of the default profile's state, so its service and the default one are not run together",
    },
  ],
};
