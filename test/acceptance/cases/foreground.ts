import type { World } from "../types.ts";

const started = /Gateway started/;

/** The gateway in the foreground, in every printed form. */
export const foreground: World = {
  name: "foreground",
  what: "a configuration with a token; each gateway is ended with Ctrl-C",
  machine: "namespace",
  config: {
    gateway: { mode: "local", auth: { mode: "token", token: "5e".repeat(32) } },
    models: { detectLocal: false },
  },
  cases: [
    { command: "openclaw gateway", until: started },
    { command: "openclaw gateway --port 18789", until: started },
    { command: "openclaw gateway --port 18789 --verbose", until: started },
    {
      command: "openclaw gateway --port $PORT",
      run: "PORT=10000; openclaw gateway --port $PORT",
      until: started,
    },
    {
      command: "openclaw gateway --port \\$PORT",
      run: "PORT=10000; openclaw gateway --port $PORT",
      until: started,
      note: "written by a here-document, which takes the backslash",
    },
    { command: "openclaw gateway --bind lan --port 18789", until: started },
    { command: "openclaw gateway --force", until: started },
    {
      command:
        "OPENCLAW_CONFIG_PATH=~/.openclaw/a.json OPENCLAW_STATE_DIR=~/.openclaw-a openclaw gateway --port 19001",
      before: ["cp ~/.openclaw/openclaw.json ~/.openclaw/a.json"],
      until: started,
    },
    {
      command:
        "OPENCLAW_CONFIG_PATH=~/.openclaw/b.json OPENCLAW_STATE_DIR=~/.openclaw-b openclaw gateway --port 19002",
      before: ["cp ~/.openclaw/openclaw.json ~/.openclaw/b.json"],
      until: started,
    },
    {
      command: "openclaw gateway --allow-unconfigured --verbose",
      before: ["rm -r ~/.openclaw"],
      until: started,
    },
    {
      command: 'openclaw logs --limit 50 | grep "refusing to bind"',
      before: [
        "openclaw config set gateway.mode local",
        "openclaw config set gateway.bind lan",
        "openclaw config set gateway.auth.mode off || true",
        "! openclaw gateway",
      ],
      stdout: ["refusing to bind"],
      note: "after a start that was refused, the gateway being down",
    },
  ],
};
