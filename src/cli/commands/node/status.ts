import { openDeviceIdentity } from "../../../client/identity/index.ts";
import { openNodeFile } from "../../../node-host/index.ts";
import type { CommandBody } from "../../contract.ts";
import { ago } from "../../format.ts";
import { flag } from "../../options.ts";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { nodeServiceReport } from "./service-report.ts";
import { liveStatus } from "./status-file.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { paths, out, clock } = context;
  const { displayName, url, shares = [] } = openNodeFile(paths.stateDir).read();
  const hasIdentity = existsSync(join(paths.identityDir, "device.json"));
  const nodeId = hasIdentity
    ? openDeviceIdentity({ identityDir: paths.identityDir, now: clock.now() }).id
    : null;
  const live = liveStatus(paths.stateDir);
  const state = live?.state ?? "stopped";
  const service = await nodeServiceReport(context);
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
