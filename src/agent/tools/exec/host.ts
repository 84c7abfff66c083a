import type { ExecSettings } from "../../../sandbox/index.ts";

/** Where one command runs. Whoever adds a place adds it here, and the compiler shows what is missing. */
export type ExecPlace =
  | { host: "gateway" }
  /** The sandbox of the run. */
  | { host: "sandbox" }
  /** `pinned`: the only node the configuration allows; `wanted`: the one the model named. Ids or names. */
  | { host: "node"; pinned: string | null; wanted: string | null };

export type HostChoice = { place: ExecPlace } | { refusal: string };

/** What the model may ask for; `exec` offers these words. */
export const askedHosts = ["gateway", "node"] as const;

export interface AskedHost {
  host?: (typeof askedHosts)[number] | undefined;
  node?: string | undefined;
}

/**
 * Decides where a command runs: `tools.exec.host` and `.node`, or the agent's or session's own. The model chooses only
 * among what they leave open, so its word never moves a command to a place the operator did not mean.
 * `sandboxed`: the run is; then everything stays in its sandbox, except what the owner elevated, which is the gateway's. Pure.
 */
export function chooseHost(
  settings: Pick<ExecSettings, "host" | "node">,
  asked: AskedHost,
  sandboxed: { elevated: boolean } | null = null,
): HostChoice {
  const wanted = asked.node?.trim() || null;
  const word = asked.host ?? (wanted === null ? null : "node");
  if (sandboxed) return chooseSandboxed(settings, word, sandboxed.elevated);
  if (asked.host === "gateway" && wanted !== null)
    return { refusal: "host gateway and a node exclude each other; leave one of them out." };
  const host = settings.host === "auto" ? (word ?? "gateway") : settings.host;
  if (word !== null && word !== host) {
    return {
      refusal: `Commands here run on host ${JSON.stringify(settings.host)} only, not on ${JSON.stringify(word)}; nothing was run. The operator can change tools.exec.host.`,
    };
  }
  switch (host) {
    case "gateway":
      return { place: { host } };
    case "node":
      return { place: { host, pinned: settings.node, wanted } };
    case "sandbox":
      return {
        refusal:
          "Commands of this agent are set to run in a sandbox, and this session has none; nothing was run. The operator can set agents.defaults.sandbox.mode to all.",
      };
    default:
      return {
        refusal: `Commands of this agent are set to run on ${JSON.stringify(host)}, which is not available; nothing was run. The operator can change tools.exec.host.`,
      };
  }
}

function chooseSandboxed(
  settings: Pick<ExecSettings, "host">,
  word: string | null,
  elevated: boolean,
): HostChoice {
  const place = elevated ? "gateway" : "sandbox";
  if (word !== null && word !== place)
    return {
      refusal: `Commands of this session run ${elevated ? "on the gateway's machine" : "in its sandbox"} only, not on ${JSON.stringify(word)}; nothing was run.`,
    };
  if (elevated || settings.host === "auto" || settings.host === "sandbox") return { place: { host: place } };
  return {
    refusal: `Commands of this agent are set to run on ${JSON.stringify(settings.host)}, but this session is sandboxed; nothing was run. The operator can set tools.exec.host to auto.`,
  };
}

/** Whether commands may go to a node, for whoever asks for nothing else. */
export function nodeOnly(
  settings: ExecSettings,
  node: string | undefined,
  sandboxed: boolean,
): { settings: ExecSettings; pinned: string | null } | { refusal: string } {
  const choice = chooseHost(settings, { host: "node", node }, sandboxed ? { elevated: false } : null);
  if ("refusal" in choice) return choice;
  return { settings, pinned: choice.place.host === "node" ? choice.place.pinned : null };
}
