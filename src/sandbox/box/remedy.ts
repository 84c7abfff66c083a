import { readFileSync } from "node:fs";

const installers: ReadonlyArray<[ids: RegExp, command: string]> = [
  [/debian|ubuntu|mint|raspbian/, "sudo apt install bubblewrap"],
  [/fedora|rhel|centos|rocky|alma/, "sudo dnf install bubblewrap"],
  [/arch|manjaro/, "sudo pacman -S bubblewrap"],
  [/alpine/, "apk add bubblewrap"],
  [/suse/, "sudo zypper install bubblewrap"],
  [/nixos/, "nix-env -iA nixos.bubblewrap"],
];

/** How bubblewrap comes onto this machine, by its `os-release`. */
export function installBubblewrap(release = osRelease()): string {
  const ids = [...release.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)"?$/gm)].map(([, words]) => words).join(" ");
  const command = installers.find(([pattern]) => pattern.test(ids))?.[1];
  if (command !== undefined) return `install bubblewrap: ${command}`;
  return "bubblewrap needs Linux; here take docker or podman: openclaw config set agents.defaults.sandbox.backend docker";
}

/** What helps against what bubblewrap said when it could not build a sandbox. */
export function mendBubblewrap(said: string): string {
  if (/uid map|user namespace|creating new namespace|unshare|setgroups/i.test(said))
    return "this system lets this user make no namespaces: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu) or kernel.unprivileged_userns_clone=1 (Debian); in a container take the backend docker";
  if (/disable-userns|--seccomp|unknown option/i.test(said)) return "bubblewrap 0.8 or newer is needed";
  return "try it: bwrap --ro-bind / / --unshare-all true";
}

function osRelease(): string {
  try {
    return readFileSync("/etc/os-release", "utf8");
  } catch {
    // Not Linux.
    return "";
  }
}
