import type { ServiceRole } from "./contract.ts";

/** What a profile's service is called on each platform (CONF-01 to 03, PROF-008). */
export function serviceNames(
  profile: string,
  role: ServiceRole = "gateway",
): { label: string; unit: string; task: string } {
  const plain = profile === "default";
  if (role === "node") {
    return {
      // A label of two words is a profile's gateway; this one has three, as those of timers (timer-text.ts).
      label: `ai.openclaw.${plain ? "gateway" : profile}.node`,
      unit: `openclaw-node${plain ? "" : `-${profile}`}.service`,
      task: `OpenClaw Node${plain ? "" : ` (${profile})`}`,
    };
  }
  return {
    label: `ai.openclaw.${plain ? "gateway" : profile}`,
    unit: `openclaw-gateway${plain ? "" : `-${profile}`}.service`,
    task: `OpenClaw Gateway${plain ? "" : ` (${profile})`}`,
  };
}

/** What messages and definitions call a role, and the commands they name. */
export function roleWords(role: ServiceRole): { title: string; install: string; foreground: string } {
  return role === "node"
    ? { title: "OpenClaw Node", install: "openclaw node install", foreground: "openclaw node run" }
    : { title: "OpenClaw Gateway", install: "openclaw gateway install", foreground: "openclaw gateway" };
}

/** Services of ours that are no gateways: timers (timer-text.ts), a node host (docs/nodes.md). */
const jobUnit = /^openclaw-(?:sentinel|backup|node)(?:-[A-Za-z0-9_-]+)?\.service$/;
const jobTask = /^OpenClaw (?:Sentinel|Backup|Node)(?: \([A-Za-z0-9_-]+\))?$/;

export type NameClass = { kind: "ours"; profile: string } | { kind: "legacy" } | null;

const profileName = "[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9])?";

/** Whose service has this name: ours with its profile, one of an older product name, or a stranger's. */
export function classifyUnit(unit: string): NameClass {
  const ours = new RegExp(`^openclaw-gateway(?:-(${profileName}))?\\.service$`).exec(unit);
  if (ours) return { kind: "ours", profile: ours[1] ?? "default" };
  if (jobUnit.test(unit)) return null;
  return /^(?:openclaw|clawdbot|moltbot|clawdis)(?:[-_.@][A-Za-z0-9_.@-]*)?\.service$/.test(unit)
    ? { kind: "legacy" }
    : null;
}

export function classifyLabel(label: string): NameClass {
  const ours = new RegExp(`^ai\\.openclaw\\.(${profileName})$`).exec(label);
  if (ours) return { kind: "ours", profile: ours[1] === "gateway" ? "default" : (ours[1] ?? "default") };
  return /^(?:bot\.molt|com\.openclaw|com\.clawdbot|com\.clawdis|com\.steipete\.clawd(?:bot|is)|com\.moltbot)\./.test(
    `${label}.`,
  )
    ? { kind: "legacy" }
    : null;
}

export function classifyTask(task: string): NameClass {
  const ours = new RegExp(`^OpenClaw Gateway(?: \\((${profileName})\\))?$`).exec(task);
  if (ours) return { kind: "ours", profile: ours[1] ?? "default" };
  if (jobTask.test(task)) return null;
  return /^(?:Clawdbot|Moltbot|OpenClaw)\b/i.test(task) ? { kind: "legacy" } : null;
}
