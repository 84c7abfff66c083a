// Stands in for the `tailscale` command: `node tailscale.mjs <state.json> <arguments>`. The state file may hold
// {backend, dns, ips, login, people: {ip: login}, tags: {ip: [tag]}, serve, fail: {command: text}, hang: [command]};
// every call is appended to `<state.json>.calls` as one JSON line. See fakeTailscale() in test/support/tailscale.ts.
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";

const [file, ...args] = process.argv.slice(2);
const command = args[0] ?? "";
const state = {
  backend: "Running",
  dns: "host.tail1234.ts.net",
  ips: ["100.101.102.103", "fd7a:115c:a1e0::1"],
  login: "alice@example.com",
  people: {},
  tags: {},
  serve: {},
  fail: {},
  hang: [],
  ...JSON.parse(readFileSync(file, "utf8")),
};
appendFileSync(`${file}.calls`, `${JSON.stringify(args)}\n`);

const up = state.backend === "Running";
const print = (value) => process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
const die = (text, status = 1) => {
  process.stderr.write(`${text}\n`);
  process.exit(status);
};

/** As the real one: every list is null before login, and names end in a dot. */
function status() {
  print({
    Version: "1.102.4",
    BackendState: state.backend,
    AuthURL: "",
    TailscaleIPs: up ? state.ips : null,
    Self: { HostName: "host", DNSName: up ? `${state.dns}.` : "", TailscaleIPs: up ? state.ips : null },
    Health: null,
    CertDomains: up ? [state.dns] : null,
    Peer: null,
    User: null,
  });
}

function whois() {
  const ip = args.at(-1);
  const login = state.ips.includes(ip) ? state.login : state.people[ip];
  if (login === undefined) die("peer not found");
  print({
    Node: { Name: "peer.tail1234.ts.net.", Addresses: [`${ip}/32`], Tags: state.tags[ip] },
    UserProfile: { ID: 1, LoginName: login, DisplayName: "Alice", ProfilePicURL: "" },
    CapMap: null,
  });
}

function serve() {
  const target = args.at(-1);
  if (target === "off") state.serve = {};
  else if (!up) die("Tailscale is not running");
  else {
    const key = `${state.dns}:443`;
    const proxy = /^\d+$/.test(target) ? `http://127.0.0.1:${target}` : target;
    state.serve = {
      Web: { [key]: { Handlers: { "/": { Proxy: proxy } } } },
      ...(command === "funnel" ? { AllowFunnel: { [key]: true } } : {}),
    };
    process.stdout.write(`Available within your tailnet:\n\nhttps://${state.dns}/\n|-- proxy ${proxy}\n`);
  }
  writeFileSync(file, JSON.stringify(state));
}

if (state.fail[command]) die(state.fail[command]);
if (state.hang.includes(command)) setInterval(() => undefined, 1 << 30);
else if (command === "status") status();
else if (command === "whois") whois();
else if (command === "serve" || command === "funnel") serve();
else die(`unknown subcommand: ${command}`, 2);
