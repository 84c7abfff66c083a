import { openDeviceIdentity } from "../../../client/identity/index.ts";
import { openNodeFile } from "../../../node-host/index.ts";
import type { CommandBody } from "../../contract.ts";
import { ago } from "../../format.ts";
import { nodeMismatch } from "../../node-upkeep.ts";
import { flag } from "../../options.ts";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { nodeServiceReport } from "./service-report.ts";
import { liveStatus } from "../../node-status-file.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { paths, out, clock } = context;
  const service = await nodeServiceReport(context);
  const own = openNodeFile(paths.stateDir).read();
  // The machine's service may be another account's; what was never run here has nothing else to tell.
  const stateDir = own.url === undefined ? (service.stateDir ?? paths.stateDir) : paths.stateDir;
  const theirs = stateDir !== paths.stateDir;
  const { displayName, url, shares = [] } = theirs ? openNodeFile(stateDir).read() : own;
  const identityDir = theirs ? join(stateDir, "identity") : paths.identityDir;
  const nodeId = existsSync(join(identityDir, "device.json"))
    ? openDeviceIdentity({ identityDir, now: clock.now() }).id
    : null;
  const live = liveStatus(stateDir);
  const state = live?.state ?? "stopped";
  if (flag(options, "json")) {
    out.json({
      ok: state === "connected",
      nodeId,
      displayName: displayName ?? null,
      url: url ?? null,
      shares,
      running: live !== null,
      pid: live?.pid ?? null,
      state,
      detail: live?.detail ?? null,
      version: live?.version ?? null,
      installed: context.version,
      service,
    });
    return state === "connected" ? 0 : 1;
  }
  const pid = service.pid === null ? "" : `, pid ${service.pid}`;
  out.pairs([
    ["Node", nodeId === null ? "never started" : `${displayName ?? "-"} (${nodeId.slice(0, 16)})`],
    ["Gateway", url ?? "not set"],
    ["State", live === null ? "not running" : `${state}, ${ago(live.at, clock.now())}, pid ${live.pid}`],
    ...(live?.state === "waiting"
      ? [["Let it in", `openclaw devices approve ${live.detail ?? ""}`] as [string, string]]
      : []),
    ...(live?.state === "retrying" ? [["Problem", live.detail ?? ""] as [string, string]] : []),
    [
      "Shares",
      shares.map((each) => `${each.path}${each.write ? " (may be changed)" : ""}`).join(", ") || "none",
    ],
    [
      "Service",
      service.installed ? `${service.name} (${service.kind}), ${service.detail}${pid}` : "not installed",
    ],
  ]);
  const mismatch = nodeMismatch(live, context.version);
  if (mismatch) out.line(out.style.yellow(mismatch));
  if (service.problem !== null) out.line(out.style.yellow(`Service: ${service.problem}`));
  for (const { message } of service.drift) out.line(out.style.yellow(`Service differs: ${message}`));
  for (const repair of new Set(service.drift.map((each) => each.repair)))
    out.line(`  mend it with: ${repair}`);
  if (live === null)
    out.line(
      service.installed
        ? "Start it with `openclaw node start`."
        : "Start it with `openclaw node run`, or with the machine: `openclaw node install`.",
    );
  return state === "connected" ? 0 : 1;
};
