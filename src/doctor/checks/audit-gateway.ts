import { getAt } from "../../config/index.ts";
import type { Check, CheckContext } from "../contract.ts";
import { bytesOf } from "../disk.ts";
import { isObject } from "../../core/json.ts";
import { join } from "node:path";
import { rule } from "./audit-rule.ts";

const gatewayOf = ({ config }: CheckContext) => config.config.gateway;
const isOpen = (context: CheckContext): boolean => {
  const { bind, customBindHost = "" } = gatewayOf(context);
  if (bind === "custom") return !/^(?:127\.|::1$|localhost$)/.test(customBindHost);
  return bind !== "loopback";
};
const rawText = ({ config }: CheckContext, path: string): string | undefined => {
  const value = getAt(config.resolved, path.split("."));
  return typeof value === "string" ? value : undefined;
};

/** SEC-001, SEC-008, SEC-009, SEC-020, CONF-21 */
const exposed = rule({
  id: "exposed-without-auth",
  title: "The gateway can be reached from outside without authentication",
  severity: "critical",
  mends: "by hand: a token, or bind loopback",
  find(context) {
    const { auth, bind, mode } = gatewayOf(context);
    const secret = auth.mode === "off" ? null : auth[auth.mode];
    if (mode === "remote" || !isOpen(context) || secret) return [];
    return [
      {
        evidence: `gateway.bind is ${bind}, gateway.auth.mode is ${auth.mode}${auth.mode === "off" ? "" : " and no secret is set"}`,
        set: { path: "gateway.bind", value: "loopback" },
      },
    ];
  },
});

/** CONF-20 */
const authOff = rule({
  id: "auth-off",
  title: "Authentication is off",
  severity: "warning",
  mends: "by hand: `openclaw config set gateway.auth.mode token`",
  find: (context) =>
    gatewayOf(context).auth.mode === "off"
      ? [
          {
            evidence: "gateway.auth.mode is off: every program on this machine is its operator",
            set: { path: "gateway.auth.mode", value: "token" },
          },
        ]
      : [],
});

const weakToken = rule({
  id: "weak-token",
  title: "The gateway's secret can be guessed",
  severity: "warning",
  mends: "by hand: a random one of 32 bytes",
  find(context) {
    const { auth } = gatewayOf(context);
    if (auth.mode === "off") return [];
    const secret = auth[auth.mode];
    const why = secret ? weakness(secret, auth.mode) : null;
    if (why === null) return [];
    return [
      {
        severity: isOpen(context) ? "critical" : "warning",
        evidence: `gateway.auth.${auth.mode} ${why}`,
        fix: `openssl rand -hex 32 | openclaw config set gateway.auth.${auth.mode} --stdin`,
      },
    ];
  },
});

/** A token is made by a program; a password is chosen by a person, and only its length is judged. */
function weakness(secret: string, mode: "token" | "password"): string | null {
  const least = mode === "token" ? 32 : 16;
  if (secret.length < least) return `has ${secret.length} characters, fewer than ${least}`;
  const distinct = new Set(secret).size;
  return mode === "token" && distinct < 10 ? `repeats ${distinct} characters` : null;
}

/** threats.md 4.5 */
const hooksToken = rule({
  id: "hooks-token",
  title: "Hooks use the gateway's secret",
  severity: "critical",
  mends: "by hand: a secret of its own",
  find(context) {
    const token = rawText(context, "hooks.token");
    const { auth } = gatewayOf(context);
    const secrets = [auth.token, auth.password, rawText(context, "gateway.auth.token")];
    if (!token || !secrets.includes(token)) return [];
    return [
      {
        evidence: "hooks.token equals gateway.auth: whoever may call a hook is the gateway's operator",
        fix: "openssl rand -hex 32 | openclaw config set hooks.token --stdin",
      },
    ];
  },
});

const insecureUi = rule({
  id: "insecure-ui-auth",
  title: "The web page accepts the token without HTTPS",
  severity: "warning",
  mends: "by hand: HTTPS or a tunnel, then false",
  find: (context) =>
    gatewayOf(context).controlUi.allowInsecureAuth
      ? [
          {
            evidence: "gateway.controlUi.allowInsecureAuth is true: the token crosses the network readable",
            set: { path: "gateway.controlUi.allowInsecureAuth", value: false },
          },
        ]
      : [],
});

const noDeviceAuth = rule({
  id: "device-auth-off",
  title: "Devices need not identify themselves",
  severity: "critical",
  mends: "by hand: false",
  find: (context) =>
    gatewayOf(context).controlUi.dangerouslyDisableDeviceAuth
      ? [
          {
            evidence:
              "gateway.controlUi.dangerouslyDisableDeviceAuth is true: anybody with the token is a full operator",
            set: { path: "gateway.controlUi.dangerouslyDisableDeviceAuth", value: false },
          },
        ]
      : [],
});

const anyOrigin = rule({
  id: "any-origin",
  title: "Every web page may open a control connection",
  severity: "critical",
  mends: "by hand: name the origins",
  find(context) {
    const { allowedOrigins } = gatewayOf(context).controlUi;
    if (!allowedOrigins.some((origin) => origin.includes("*"))) return [];
    return [
      {
        evidence: `gateway.controlUi.allowedOrigins is ${JSON.stringify(allowedOrigins)}`,
        set: {
          path: "gateway.controlUi.allowedOrigins",
          value: allowedOrigins.filter((each) => !each.includes("*")),
        },
      },
    ];
  },
});

const funnel = rule({
  id: "funnel-without-password",
  title: "Published to the internet without a password",
  severity: "critical",
  mends: "by hand: password, or serve instead of funnel",
  find(context) {
    const { tailscale, auth } = gatewayOf(context);
    if (tailscale.mode !== "funnel" || (auth.mode === "password" && auth.password)) return [];
    return [
      {
        severity: auth.mode === "token" && auth.token ? "warning" : "critical",
        evidence: `gateway.tailscale.mode is funnel and gateway.auth.mode is ${auth.mode}`,
        set: { path: "gateway.tailscale.mode", value: "serve" },
      },
    ];
  },
});

const anyProxy = rule({
  id: "any-proxy",
  title: "Every peer counts as a trusted proxy",
  severity: "critical",
  mends: "by hand: the proxy's own address",
  find(context) {
    const wide = gatewayOf(context).trustedProxies.filter((each) => /^\*$|\/0$|^0\.0\.0\.0$|^::$/.test(each));
    if (wide.length === 0) return [];
    return [
      {
        evidence: `gateway.trustedProxies holds ${wide.join(", ")}: anybody can claim any address`,
        set: {
          path: "gateway.trustedProxies",
          value: gatewayOf(context).trustedProxies.filter((each) => !wide.includes(each)),
        },
      },
    ];
  },
});

/** threats.md 4.3: behind a local proxy a visitor could look like what Tailscale Serve passes on. */
const serveBesideProxy = rule({
  id: "serve-beside-proxy",
  title: "A visitor of the local proxy could pass for a member of the tailnet",
  severity: "warning",
  mends: "by hand: take no identities from Tailscale",
  find(context) {
    const { auth, tailscale, trustedProxies } = gatewayOf(context);
    const accepted = auth.allowTailscale ?? (tailscale.mode === "serve" && auth.mode !== "password");
    const local = trustedProxies.filter((each) => /^127\.|^::1(?:\/|$)|^localhost$/.test(each));
    if (!accepted || tailscale.mode !== "serve" || local.length === 0) return [];
    return [
      {
        evidence: `gateway.tailscale.mode is serve and gateway.trustedProxies holds ${local.join(", ")}: both reach the gateway from this machine`,
        set: { path: "gateway.auth.allowTailscale", value: false },
      },
    ];
  },
});

const httpOpen = rule({
  id: "http-endpoints-open",
  title: "HTTP interfaces can be reached from outside",
  severity: "info",
  mends: "by hand: switch off what nobody uses",
  find(context) {
    if (!isOpen(context)) return [];
    const { endpoints } = gatewayOf(context).http;
    return (["chatCompletions", "responses"] as const)
      .filter((name) => endpoints[name].enabled)
      .map((name) => ({
        evidence: `gateway.http.endpoints.${name}.enabled, gateway.bind is ${gatewayOf(context).bind}: the secret alone runs the agent`,
        set: { path: `gateway.http.endpoints.${name}.enabled`, value: false },
      }));
  },
});

const openWithoutTls = rule({
  id: "open-without-tls",
  title: "Secrets cross the network readable",
  severity: "warning",
  mends: "by hand: gateway.tls, a tunnel, Tailscale Serve or a proxy with HTTPS (SEC-014, SEC-020)",
  find(context) {
    const { bind, tls } = gatewayOf(context);
    if (!isOpen(context) || tls.enabled || bind === "tailnet") return [];
    return [
      {
        evidence: `gateway.bind is ${bind} and gateway.tls is off`,
        set: { path: "gateway.bind", value: "loopback" },
      },
    ];
  },
});

const textOf = (value: unknown, otherwise: string): string => (typeof value === "string" ? value : otherwise);
const staleMs = 90 * 24 * 3600 * 1000;

const staleDevices: Check = {
  id: "stale-devices",
  title: "Paired devices with full rights that nobody uses",
  severity: "warning",
  surface: "both",
  mends: "by hand: `openclaw devices revoke`",
  inspect({ paths, clock }) {
    const text = bytesOf(join(paths.devicesDir, "paired.json"))?.toString("utf8") ?? "{}";
    let devices: unknown;
    try {
      devices = JSON.parse(text);
    } catch {
      return [
        {
          title: "The list of paired devices is damaged",
          evidence: join(paths.devicesDir, "paired.json"),
          fix: "restore it from a backup",
        },
      ];
    }
    return Object.values(isObject(devices) ? devices : {}).flatMap((device) => {
      if (!isObject(device) || !JSON.stringify(device["scopes"] ?? []).includes("operator.admin")) return [];
      const tokens = Object.values(isObject(device["tokens"]) ? device["tokens"] : {}).filter(isObject);
      const live = tokens.filter((token) => token["revokedAtMs"] === undefined);
      const last = Math.max(
        ...live.map((token) => Number(token["lastUsedAtMs"] ?? token["createdAtMs"] ?? 0)),
        Number(device["approvedAtMs"] ?? 0),
      );
      if (live.length === 0 || clock.now() - last < staleMs) return [];
      const id = textOf(device["deviceId"], "unknown");
      return [
        {
          evidence: `device ${textOf(device["displayName"], id)} (${id.slice(0, 12)}…) with operator.admin, last used ${new Date(last).toISOString().slice(0, 10)}`,
          fix: `openclaw devices revoke ${id} --role ${textOf(live[0]?.["role"], "operator")}`,
          undo: "pair the device again",
        },
      ];
    });
  },
};

/** What strangers on the network could do. */
export const gatewayRules: readonly Check[] = [
  exposed,
  authOff,
  weakToken,
  hooksToken,
  insecureUi,
  noDeviceAuth,
  anyOrigin,
  funnel,
  anyProxy,
  serveBesideProxy,
  openWithoutTls,
  httpOpen,
  staleDevices,
];
