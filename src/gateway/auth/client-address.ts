import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";
import type { ServerSettings } from "../settings.ts";

/** Where a request comes from, derived from the socket and, for configured proxies only, from their headers. */
export interface ClientAddress {
  /** Canonical client address; the peer's own unless a trusted proxy names another. */
  ip: string;
  /**
   * Key for limits: IPv6 addresses of one /64 count as one client. What a proxy of this machine passes on without being
   * trusted to name its visitors has a key of its own, so that they cannot lock out who sits at the machine.
   */
  limitKey: string;
  /**
   * Straight from this machine: loopback peer, loopback Host, and no header that a proxy adds (HID-010). The only
   * road to the privileges of a local client, and never a credential by itself.
   */
  direct: boolean;
}

const forwardingHeaders = [
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-real-ip",
  "via",
  "cf-connecting-ip",
  "tailscale-user-login",
  "tailscale-user",
];

/** One spelling per address: IPv4-mapped IPv6 becomes IPv4, zones and brackets go, hex is lower case. */
export function canonicalIp(text: string): string | null {
  let ip = text.trim().toLowerCase();
  if (ip.startsWith("[")) ip = ip.slice(1, ip.indexOf("]"));
  const zone = ip.indexOf("%");
  if (zone >= 0) ip = ip.slice(0, zone);
  if (isIP(ip) === 4) return ip;
  if (isIP(ip) !== 6) return null;
  // The URL parser compresses IPv6 in the one canonical way (RFC 5952).
  const canonical = new URL(`http://[${ip}]/`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(canonical);
  if (!mapped?.[1] || !mapped[2]) return canonical;
  const [high, low] = [Number.parseInt(mapped[1], 16), Number.parseInt(mapped[2], 16)];
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

export function isLoopback(ip: string): boolean {
  return ip === "::1" || ip.startsWith("127.");
}

/** The first four groups of an IPv6 address, else the address. */
function limitKey(ip: string): string {
  if (isIP(ip) !== 6 || ip === "::1") return ip;
  const [head = "", tail = ""] = ip.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === "" ? [] : tail.split(":");
  const missing = ip.includes("::") ? 8 - left.length - right.length : 0;
  const groups = [...left, ...Array.from({ length: missing }, () => "0"), ...right];
  return `${groups.slice(0, 4).join(":")}::/64`;
}

/** Name part of a Host header or of `host:port`, lower case, without a trailing dot; null when malformed. */
export function hostName(header: string | undefined): string | null {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i.exec(header ?? "");
  return match?.[1] ? match[1].toLowerCase().replace(/\.$/, "") : null;
}

const loopbackNames = new Set(["localhost", "127.0.0.1", "[::1]"]);

export function isLoopbackName(name: string): boolean {
  return loopbackNames.has(name);
}

/** @see ClientAddress */
export function clientAddress(
  request: IncomingMessage,
  settings: Pick<ServerSettings, "trustedProxies">,
): ClientAddress {
  const peer = canonicalIp(request.socket.remoteAddress ?? "") ?? "0.0.0.0";
  const forwarded = forwardingHeaders.some((name) => request.headers[name] !== undefined);
  const name = hostName(request.headers.host);
  const ip = forwarded ? behindProxies(peer, request, settings.trustedProxies) : peer;
  const direct = !forwarded && isLoopback(peer) && name !== null && isLoopbackName(name);
  const someVisitor = isLoopback(ip) && !direct;
  return { ip, limitKey: someVisitor ? "visitors" : limitKey(ip), direct };
}

/** The right-most hop that is not a trusted proxy itself; the peer when it is no trusted proxy. */
function behindProxies(peer: string, request: IncomingMessage, trusted: readonly string[]): string {
  const proxies = proxyList(trusted);
  const isProxy = (ip: string) => proxies.check(ip, isIP(ip) === 6 ? "ipv6" : "ipv4");
  if (!isProxy(peer)) return peer;
  const header = request.headers["x-forwarded-for"];
  const hops = (Array.isArray(header) ? header.join(",") : (header ?? "")).split(",");
  for (const hop of hops.reverse()) {
    const ip = canonicalIp(hop);
    if (ip === null) break;
    if (!isProxy(ip)) return ip;
  }
  const real = request.headers["x-real-ip"];
  return (typeof real === "string" ? canonicalIp(real) : null) ?? peer;
}

/** Addresses and CIDR ranges; what is neither is left out and so trusted by nobody. */
function proxyList(trusted: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of trusted) {
    const [text = "", bits] = entry.split("/");
    const ip = canonicalIp(text);
    if (ip === null) continue;
    const family = isIP(ip) === 6 ? "ipv6" : "ipv4";
    const prefix = Number(bits);
    if (bits === undefined) list.addAddress(ip, family);
    else if (Number.isInteger(prefix) && prefix >= 1 && prefix <= (family === "ipv6" ? 128 : 32))
      list.addSubnet(ip, prefix, family);
  }
  return list;
}
