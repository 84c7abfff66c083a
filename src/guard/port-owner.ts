import { readdir, readFile, readlink } from "node:fs/promises";

/** `ss` state LISTEN as /proc/net/tcp writes it. */
const listening = "0A";

/**
 * Who listens on a TCP port of this machine, as `node (pid 123)`; null when it cannot be told (other platforms, a
 * process of another user).
 */
export async function describePortOwner(port: number): Promise<string | null> {
  const [pid] = await portOwners(port);
  if (pid === undefined) return null;
  const name = (await textOf(`/proc/${pid}/comm`)).trim();
  return `${name === "" ? "a process" : name} (pid ${pid})`;
}

/** Processes that listen on a TCP port, as far as they can be told. Reads /proc only: no helper is started for it. */
export async function portOwners(port: number): Promise<number[]> {
  if (process.platform !== "linux") return [];
  const inodes = new Set<string>();
  for (const file of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    for (const line of (await textOf(file)).split("\n").slice(1)) {
      const [, local = "", , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === listening && Number.parseInt(local.split(":")[1] ?? "", 16) === port && inode) {
        inodes.add(`socket:[${inode}]`);
      }
    }
  }
  if (inodes.size === 0) return [];
  const pids: number[] = [];
  for (const name of await readdir("/proc").catch(() => [])) {
    if (/^\d+$/.test(name) && (await holds(name, inodes))) pids.push(Number(name));
  }
  return pids;
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch {
    // Gone or not ours to read: nothing to tell from it.
    return "";
  }
}

async function holds(pid: string, inodes: ReadonlySet<string>): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  let names: string[];
  try {
    names = await readdir(folder);
  } catch {
    // Another user's process.
    return false;
  }
  for (const name of names) {
    const target = await readlink(`${folder}/${name}`).catch(() => "");
    if (inodes.has(target)) return true;
  }
  return false;
}
