import { createHash } from "node:crypto";
import { UserError } from "../../core/errors.ts";
import { insideHome, insideWorkspace, type BoxSpec, type SandboxBackendName } from "./contract.ts";

/** Labels by which a gateway finds its own containers, and no other's. */
export const labels = {
  state: "openclaw.sandbox.state",
  id: "openclaw.sandbox.id",
  spec: "openclaw.sandbox.spec",
} as const;

/** Waits for ever, and buries what commands leave behind. */
const idle = 'trap "exit 0" TERM INT; while :; do sleep 3600 & wait "$!"; done';

/**
 * Arguments of `create` for a container: a closed set of options with fixed hardening (threats.md 4.12). The digest over
 * all of them, in order, is the container's identity: one made for other settings is never used.
 * @throws UserError SANDBOX_NETWORK_REFUSED, SANDBOX_IMAGE_INVALID, SANDBOX_BIND_REFUSED
 */
export function containerArgs(
  box: BoxSpec,
  at: { engine: SandboxBackendName; name: string; stateId: string; uid: number; gid: number },
): { args: string[]; digest: string } {
  const { settings, workspace } = box;
  checkImage(settings.image);
  checkNetwork(settings.network);
  const mounts = [
    { from: workspace.path, to: insideWorkspace, writable: workspace.writable },
    { from: box.home, to: insideHome, writable: true },
    ...box.binds,
  ];
  const options = [
    "--pull",
    "never",
    "--read-only",
    "--network",
    settings.network,
    "--ipc",
    "private",
    "--cap-drop",
    "ALL",
    "--security-opt",
    "no-new-privileges",
    "--pids-limit",
    String(settings.pidsLimit),
    "--memory",
    String(settings.memoryBytes),
    "--memory-swap",
    String(settings.memoryBytes),
    ...(settings.cpus === null ? [] : ["--cpus", String(settings.cpus)]),
    // Podman forgets its own limits when it is given one.
    ...(at.engine === "docker" ? ["--ulimit", "core=0"] : []),
    "--user",
    `${at.uid}:${at.gid}`,
    // Rootless, the user inside is else another one than who owns the workspace.
    ...(at.engine === "podman" && at.uid !== 0 ? ["--userns", "keep-id"] : []),
    "--hostname",
    "sandbox",
    "--workdir",
    insideWorkspace,
    "--tmpfs",
    "/tmp:rw,nosuid,nodev,size=256m,mode=1777",
    ...mounts.flatMap(({ from, to, writable }) => ["--mount", mountOf(from, to, writable)]),
    "--entrypoint",
    "/bin/sh",
    settings.image,
    "-c",
    idle,
  ];
  const digest = createHash("sha256").update(JSON.stringify(options)).digest("hex").slice(0, 32);
  const own = [
    "--name",
    at.name,
    "--label",
    `${labels.state}=${at.stateId}`,
    "--label",
    `${labels.id}=${box.id}`,
    "--label",
    `${labels.spec}=${digest}`,
  ];
  return { args: ["create", ...own, ...options], digest };
}

function mountOf(from: string, to: string, writable: boolean): string {
  if (/[,"\n]/.test(from))
    throw new UserError(
      "SANDBOX_BIND_REFUSED",
      `${JSON.stringify(from)} cannot be given to a container: its name has a comma, a quote or a line break`,
    );
  return `type=bind,source=${from},target=${to}${writable ? "" : ",readonly"}`;
}

/** @throws UserError SANDBOX_IMAGE_INVALID */
export function checkImage(image: string): void {
  if (/^[a-z0-9][a-zA-Z0-9._/:@-]{0,254}$/.test(image)) return;
  throw new UserError("SANDBOX_IMAGE_INVALID", `${JSON.stringify(image)} is no name of an image`, {
    hint: "openclaw config unset agents.defaults.sandbox.docker.image",
  });
}

function checkNetwork(network: string): void {
  const isName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/.test(network);
  if (isName && network !== "host" && network !== "slirp4netns") return;
  throw new UserError(
    "SANDBOX_NETWORK_REFUSED",
    `a sandbox is not put into the network ${JSON.stringify(network)}: it would share one with the machine or another container`,
    { hint: "openclaw config set agents.defaults.sandbox.docker.network none" },
  );
}
