import { messageOf } from "../../../core/errors.ts";
import { findDrift, type Drift, type ServiceFacts, type ServiceState } from "../../../service/index.ts";
import type { CommandContext } from "../../contract.ts";
import { tildePath } from "../../format.ts";
import { sentinelDesk, sentinelLine } from "./sentinel-timer.ts";
import { openDesk, type Desk } from "../../service-desk.ts";
import { serviceConfig, wantedSpec } from "./service-desk.ts";

/** What `gateway status` says about the service. */
export interface ServiceReport {
  runtime: ServiceState["runtime"];
  /** After `Config (service):`. */
  line: string;
  /** What the reader should know: not installed, differences, a supervisor that cannot be asked. */
  lines: string[];
  config: { profile: string; port: number | null; path: string | null } | null;
  json: Record<string, unknown>;
  extras: Array<{ text: string; removal: string[] }>;
}

/** Never throws: a machine without a supervisor has a status too. */
export async function serviceReport(context: CommandContext, deep: boolean): Promise<ServiceReport> {
  try {
    return await gather(context, deep);
  } catch (error) {
    return { ...absent, lines: [`Service: ${messageOf(error)}`] };
  }
}

const absent: ServiceReport = {
  runtime: "stopped",
  line: "(no service installed)",
  lines: ["Service not installed"],
  config: null,
  json: { installed: false, path: null },
  extras: [],
};

async function gather(context: CommandContext, deep: boolean): Promise<ServiceReport> {
  const desk = await openDesk(context, {}, { role: "gateway" });
  const [state, found] = await Promise.all([desk.supervisor.inspect(), deep ? desk.supervisor.scan() : []]);
  const { home } = context.paths;
  const extras = found
    .filter(({ status }) => status === "extra" || status === "legacy")
    .map(({ name, path, status, removal }) => ({
      text: `${name} (${status === "legacy" ? "of an older version" : "not of any profile"}, ${tildePath(path, home)})`,
      removal,
    }));
  const collisions = found
    .filter(({ status }) => status === "profile")
    .flatMap(({ name, facts }) => collision(context, state.facts, name, facts));
  if (!state.installed) return { ...absent, lines: [...absent.lines, ...collisions], extras };
  const { facts } = state;
  const [drift, sentinel] = await Promise.all([
    driftOf(context, desk.system, facts),
    sentinelOf(context, desk, facts),
  ]);
  const profile = facts?.profile ?? context.paths.profile;
  const path = facts?.configPath ?? null;
  const config = { profile, port: facts?.port ?? null, path: path === null ? null : tildePath(path, home) };
  const repairs = [...new Set(drift.map(({ repair }) => repair))];
  return {
    runtime: state.runtime,
    line: `profile=${profile}, port=${config.port ?? "-"}, path=${config.path ?? "-"}`,
    lines: [
      `Service: ${state.name} (${state.kind}), ${state.detail}`,
      ...(state.problem ? [`Service: ${state.problem}`] : []),
      ...drift.map(({ message }) => `Service differs: ${message}`),
      ...repairs.map((repair) => `  mend it with: ${repair}`),
      ...(sentinel.line === null ? [] : [sentinel.line]),
      ...collisions,
    ],
    config,
    json: {
      installed: true,
      kind: state.kind,
      name: state.name,
      path: state.definitionPath,
      runtime: state.runtime,
      pid: state.pid,
      enabled: state.enabled,
      detail: state.detail,
      problem: state.problem,
      drift: drift.map(({ what, message, repair }) => ({ what, message, repair })),
      sentinel: sentinel.json,
    },
    extras,
  };
}

/** Compared with what `gateway install --force` would write now, by the runtime the service has. */
async function driftOf(
  context: CommandContext,
  system: boolean,
  facts: ServiceFacts | null,
): Promise<Drift[]> {
  if (facts === null) return [];
  // Another account's service is compared by that account, or by root.
  const desk = await openDesk(context, {}, { role: "gateway" });
  const { spec, configured } = await wantedSpec(context, { runtime: runtimeOf(facts) }, desk, facts);
  const theirs = system && facts.stateDir !== null && facts.stateDir !== context.paths.stateDir;
  const drift = findDrift(
    facts,
    { ...spec, ...(facts.account && system ? { account: { user: facts.account, group: "" } } : {}) },
    { ...configured, system },
  );
  return theirs ? drift.filter(({ what }) => what === "program" || what === "version") : drift;
}

/** The sentinel's timer; another account's is not compared, because what it reads is not ours to read. */
async function sentinelOf(
  context: CommandContext,
  desk: Desk,
  facts: ServiceFacts | null,
): Promise<{ line: string | null; json: Record<string, unknown> | null }> {
  const theirs = facts?.stateDir !== undefined && facts.stateDir !== context.paths.stateDir;
  if (theirs || facts?.account) return { line: null, json: null };
  const { spec } = await wantedSpec(context, { runtime: runtimeOf(facts) }, desk, facts);
  const { config } = (await serviceConfig(context, desk)).read();
  const { signal } = context;
  const sentinel = sentinelDesk(desk, { config, spec, asked: false, dry: false, signal });
  return sentinel === null ? { line: null, json: null } : sentinelLine(sentinel);
}

const runtimeOf = (facts: ServiceFacts | null): "node" | "bun" =>
  /(?:^|[/\\])bun(?:\.exe)?$/.test(facts?.runtime ?? "") ? "bun" : "node";

function collision(
  { paths }: CommandContext,
  own: ServiceFacts | null,
  name: string,
  other: ServiceFacts | null,
): string[] {
  if (other?.stateDir === paths.stateDir)
    return [`Service ${name} uses the same state directory (${paths.stateDir}): only one of them can run`];
  if (own?.port && other?.port && Math.abs(own.port - other.port) < 5)
    return [
      `Service ${name} has port ${other.port}, which overlaps with this one's ports (${own.port} to ${own.port + 4})`,
    ];
  return [];
}
