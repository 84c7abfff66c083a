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
    const { definitionPath: path, facts, ...state } = await desk.supervisor.inspect();
    const { url, displayName, tlsFingerprint = null, shares = [] } = rememberedNode(desk, facts);
    // Another account's service is compared by that account.
    const ours = facts !== null && (facts.stateDir === null || facts.stateDir === desk.paths.stateDir);
    if (!ours || url === undefined || displayName === undefined) return { ...state, path, drift: [] };
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
      path,
      drift: drift.map(({ what, message, repair }) => ({ what, message, repair })),
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
  problem: null,
  drift: [],
};
