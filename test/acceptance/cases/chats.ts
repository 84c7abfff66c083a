import type { World } from "../types.ts";

const signalPort = 8080;
const controlPort = 8081;
const whatsappPort = 8082;

/** Where people write. */
export const chats: World = {
  name: "chats",
  what: "doubles of a signal-cli daemon and of WhatsApp; the dev profile's gateway with a Signal account",
  machine: "namespace",
  profile: { name: "dev", port: 19_001 },
  config: {
    gateway: { mode: "local", auth: { mode: "token", token: "5e".repeat(32) } },
    models: { detectLocal: false },
    channels: {
      signal: { enabled: true, number: "+4915100000009", httpUrl: `http://127.0.0.1:${signalPort}` },
    },
  },
  doubles: [
    {
      file: "signal/main.ts",
      args: ["--port", String(signalPort), "--control", String(controlPort)],
      port: controlPort,
    },
    { file: "whatsapp/main.ts", args: ["--port", String(whatsappPort)], port: whatsappPort },
  ],
  gateway: [],
  cases: [
    {
      command: 'openclaw --profile dev message send --target +1234567890 --message "Test"',
      before: [
        `for try in $(seq 100); do openclaw --profile dev channels status | grep -q "default  connected" && exit; sleep 0.1; done; exit 1`,
      ],
      run: 'openclaw --profile dev message send --target +4915100000001 --message "Test"',
      stdout: [/[Ss]ent/],
      note: "a double of signal-cli's daemon, and a number that is registered there",
    },
    {
      command: "openclaw channels login",
      before: [
        "openclaw setup",
        "openclaw config set channels.whatsapp.enabled true",
        `openclaw config set channels.whatsapp.webSocketUrl ws://127.0.0.1:${whatsappPort}/ws/chat`,
      ],
      run: "NODE_OPTIONS=--import=$FAKES/whatsapp/preload.mjs openclaw channels login",
      until: /[█▀▄]{10}/,
      exit: 130,
      note: "up to the code to scan; a double of WhatsApp",
    },
  ],
};
