import { messageOf } from "../../../core/errors.ts";
import { findDrift, type Drift, type ServiceHost, type ServiceState } from "../../../service/index.ts";
import type { CommandContext } from "../../contract.ts";
import { openDesk } from "../../service-desk.ts";
import { nodeSpec, rememberedNode } from "./service-spec.ts";

/** What `node status` says about the service. */
export interface NodeServiceReport {
  installed: boolean;
  kind: ServiceState["kind"] | null;
  name: string | null;
  path: string | null;
  runtime: ServiceState["runtime"];
  pid: number | null;
  enabled: boolean | null;
  detail: string;
  /** Where its node keeps what it knows; of another account with `--system`. */
  stateDir: string | null;
  problem: string | null;
  drift: Array<Pick<Drift, "what" | "message" | "repair">>;
}

/** Never throws: a machine without a supervisor has a status too. */
export async function nodeServiceReport(
  context: CommandContext,
  host?: ServiceHost,
): Promise<NodeServiceReport> {
  try {
    const desk = await openDesk(context, {}, { role: "node", host });
    const { definitionPath: path, facts, ...seen } = await desk.supervisor.inspect();
    const stateDir = facts?.stateDir ?? null;
    const state = { ...seen, path, stateDir };
    const { url, displayName, tlsFingerprint = null, shares = [] } = rememberedNode(desk, facts);
    // Another account's service is compared by that account.
    const theirs = desk.system && stateDir !== null && stateDir !== desk.paths.stateDir;
    if (facts === null || theirs || url === undefined || displayName === undefined)
      return { ...state, drift: [] };
    const settings = { url, displayName, tlsFingerprint, shares };
    const spec = nodeSpec(context, { options: {}, desk, settings, installed: facts });
    const account = facts.account === null ? {} : { account: { user: facts.account, group: "" } };
    const drift = findDrift(
      facts,
      // What lies in this shell's environment is no wish for the service.
      { ...spec, ...account, secrets: {} },
      { token: null, password: null, system: desk.system },
    );
    return {
      ...state,
      drift: drift
        // The machine's file of secrets is root's: that its own account cannot read it is as it should be.
        .filter(({ what }) => what !== "definition" || !desk.system || desk.host.uid === 0)
        .map(({ what, message, repair }) => ({ what, message, repair })),
    };
  } catch (error) {
    return { ...absent, problem: messageOf(error) };
  }
}

const absent: NodeServiceReport = {
  installed: false,
  kind: null,
  name: null,
  path: null,
  runtime: "stopped",
  pid: null,
  enabled: null,
  detail: "not installed",
  stateDir: null,
  problem: null,
  drift: [],
};
