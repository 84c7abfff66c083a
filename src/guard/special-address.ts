import { isIPv4, isIPv6 } from "node:net";

/** IPv4 ranges that are not the public internet (IANA special-purpose registry, multicast, reserved). */
const special4: ReadonlyArray<readonly [string, number]> = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.31.196.0", 24],
  ["192.52.193.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["192.175.48.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

/** Ranges inside global unicast (2000::/3) that are special all the same; everything outside 2000::/3 is refused. */
const special6: ReadonlyArray<readonly [string, number]> = [
  ["2001::", 23], // protocol assignments: Teredo, benchmarking, ORCHID, …
  ["2001:db8::", 32],
  ["2002::", 16], // 6to4: an IPv4 address inside
  ["2620:4f:8000::", 48],
  ["3fff::", 20],
];

/**
 * Whether an address is an ordinary public one. Anything else (loopback, private, link-local, shared, benchmark,
 * documentation, multicast, reserved, site-local, unique-local, 6to4, Teredo, ISATAP, scoped) is not; IPv4-mapped and
 * NAT64 addresses count as the IPv4 address they carry. What is no address is not public.
 */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return isPublic4(groups4(address));
  if (!isIPv6(address) || address.includes("%")) return false;
  const groups = groups6(address);
  const low = ((groups[6] ?? 0) * 0x10000 + (groups[7] ?? 0)) >>> 0;
  // ::ffff:0:0/96 and 64:ff9b::/96
  if (matches6(groups, "::ffff:0:0", 96) || matches6(groups, "64:ff9b::", 96)) return isPublic4(low);
  if (!matches6(groups, "2000::", 3) || special6.some(([base, bits]) => matches6(groups, base, bits)))
    return false;
  // ISATAP: an interface identifier that carries an IPv4 address.
  return !(((groups[4] ?? 0) & 0xfdff) === 0 && groups[5] === 0x5efe);
}

function isPublic4(value: number): boolean {
  return !special4.some(([base, bits]) => value >>> (32 - bits) === groups4(base) >>> (32 - bits));
}

function groups4(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0) >>> 0;
}

function groups6(address: string): number[] {
  // A dotted tail is two groups written otherwise.
  const plain = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) =>
    [(Number(a) << 8) | Number(b), (Number(c) << 8) | Number(d)].map((group) => group.toString(16)).join(":"),
  );
  const [head = "", tail] = plain.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  return [...left, ...Array<string>(zeros).fill("0"), ...right].map((group) => Number.parseInt(group, 16));
}

function matches6(groups: readonly number[], base: string, bits: number): boolean {
  const wanted = groups6(base);
  for (let index = 0, left = bits; left > 0; index++, left -= 16) {
    const shift = left >= 16 ? 0 : 16 - left;
    if ((groups[index] ?? 0) >>> shift !== (wanted[index] ?? 0) >>> shift) return false;
  }
  return true;
}
