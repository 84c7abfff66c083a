import type { World } from "../types.ts";

const token = "5e".repeat(32);
const tailnetName = "host.tail1234.ts.net";

/** A gateway that others reach. */
export const network: World = {
  name: "network",
  what: "a gateway on all addresses of a machine with a public address and one in a tailnet; a stand-in for the tailscale command, and a TLS end in the place of Tailscale Serve",
  machine: "namespace",
  network: { addresses: ["203.0.113.7", "100.101.102.103"], hosts: { [tailnetName]: "100.101.102.103" } },
  tailscale: {},
  tlsFront: { address: "100.101.102.103", name: tailnetName },
  config: {
    gateway: {
      mode: "local",
      auth: { mode: "token", token },
      bind: "lan",
      allowedHosts: [tailnetName, "203.0.113.7", "100.101.102.103"],
    },
    models: { detectLocal: false },
    tools: { exec: { pathPrepend: ["{bin}"] } },
  },
  gateway: [],
  cases: [
    {
      command: 'openclaw --url "ws://<vps-ip>:18789" status',
      before: [
        `! OPENCLAW_GATEWAY_TOKEN=${token} openclaw --url ws://203.0.113.7:18789 health`,
        'openclaw devices approve "$(openclaw devices list --json | jq -r ".pending[0].requestId")"',
      ],
      note: "this machine was paired before, as every machine from elsewhere is once",
      run: `OPENCLAW_GATEWAY_TOKEN=${token} openclaw --url "ws://203.0.113.7:18789" status`,
      stdout: [/Gateway: +reachable at ws:\/\/203\.0\.113\.7:18789/],
    },
    {
      command: 'openclaw --url "ws://<hostname>.<tailnet>.ts.net:18789" status',
      run: `OPENCLAW_GATEWAY_TOKEN=${token} openclaw --url "ws://${tailnetName}:18789" status`,
      stdout: [/Gateway: +reachable at ws:\/\/host\.tail1234\.ts\.net:18789/],
    },
    {
      command: "openclaw --url wss://<hostname>.<tailnet>.ts.net status",
      run: `OPENCLAW_GATEWAY_TOKEN=${token} openclaw --url wss://${tailnetName} status`,
      stdout: [/Gateway: +reachable at wss:\/\/host\.tail1234\.ts\.net/],
    },
    {
      command: "openclaw gateway --bind tailnet --tailscale serve",
      before: ["openclaw gateway stop"],
      until: /published through Tailscale serve/,
      note: "a stand-in for the tailscale command, which has no package here",
    },
  ],
};
