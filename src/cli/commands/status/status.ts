import { arch, platform, release } from "node:os";
import { isObject } from "../../../core/json.ts";
import { readBackupRecord } from "../../../state/index.ts";
import { lastCheck, newerThan } from "../../../update/last-check.ts";
import type { CommandBody, CommandContext } from "../../contract.ts";
import { ago, duration, plural, show, tildePath } from "../../format.ts";
import { channelWord, channelWords, conditionLines, evidenceWords } from "../../health-report.ts";
import { flag } from "../../options.ts";
import { lastEndRows, reloadRows } from "../../reload-report.ts";
import { describeAuth, setting } from "../../target.ts";
import { backupRows } from "./backup-row.ts";
import { heartbeatRows } from "./heartbeat-row.ts";
import { gatherStatus, type StatusReport } from "./gather.ts";

/** CLI-008…010: exit status 0 whenever the report could be made, whatever it says. */
export const run: CommandBody = async (context, _args, options) => {
  const report = await gatherStatus(context, options);
  if (flag(options, "json")) context.out.json(jsonStatus(context, report));
  else printStatus(context, report, { all: flag(options, "all"), deep: flag(options, "deep") });
};

function printStatus(
  context: CommandContext,
  report: StatusReport,
  show: { all: boolean; deep: boolean },
): void {
  const { out, paths, env, version } = context;
  const { config, live } = report;
  out.line(out.style.bold(`OpenClaw ${version}`));
  out.pairs([
    ["OS", `${platform()} ${release()} ${arch()}, Node ${process.versions.node}`],
    ...updateRows(context),
    ["Profile", paths.profile],
    ["State dir", tildePath(paths.stateDir, paths.home)],
    ["Config", `${tildePath(paths.configPath, paths.home)} (${configWord(report)})`],
    ["Auth", describeAuth(config.config, env)],
    ["Gateway", gatewayLine(context, report)],
    ...lastEndRows(report.live?.health, context.clock.now()),
    ...reloadRows(report.live?.health, context.clock.now()),
    ...factRows(context, report),
    ...backupRows(context),
  ]);
  // The file was read here too, and its issues follow one by one.
  const told = config.issues.length > 0 ? ["config-invalid"] : [];
  for (const line of conditionLines(live?.health ?? {}, out.style, told)) out.line(line);
  for (const issue of config.issues)
    out.line(out.style.red(`Config validation failed: ${issue.path || "(file)"}: ${issue.message}`));
  if (show.all)
    for (const warning of config.warnings)
      out.line(out.style.yellow(`Config warning: ${warning.path || "(file)"}: ${warning.message}`));
  if (report.failure?.hint) out.line(out.style.dim(`hint: ${report.failure.hint}`));
  if (show.deep || show.all) printDeep(context, live);
  if (show.all) printAll(context, report);
}

/** CLI-008: what the registry said when it was last asked. Nothing is asked here. */
function updateRows({ out, paths, version, clock }: CommandContext): Array<[string, string]> {
  const check = lastCheck(paths.stateDir);
  if (check === null) return [];
  const when = `looked for ${ago(check.at, clock.now())}`;
  const word = newerThan(version, paths.stateDir)
    ? `${out.style.yellow(`${check.latest} is available`)} (${when}): openclaw update`
    : `none newer (${when})`;
  return [["Update", word]];
}

function gatewayLine({ out, clock }: CommandContext, report: StatusReport): string {
  const { live, running, failure, page } = report;
  if (live) {
    const uptime = live.health.uptimeMs;
    const up = typeof uptime === "number" ? `, up ${duration(uptime)}` : "";
    const version = typeof live.health.version === "string" ? `, version ${live.health.version}` : "";
    return out.style.green(`reachable at ${report.url} (${live.latencyMs}ms)`) + version + up;
  }
  const seen = page ? `; last seen ${ago(page.at, clock.now())}` : "";
  if (failure?.code !== "GATEWAY_UNREACHABLE") return out.style.red(`${failure?.message ?? "?"}${seen}`);
  return running
    ? out.style.red(`does not answer at ${report.url} (pid ${running.pid} holds the lock)${seen}`)
    : out.style.red(`not running (nothing answers at ${report.url})${seen}`);
}

/** What is known about model, sessions and channels: live, or from the last status page with its age. */
function factRows({ clock }: CommandContext, report: StatusReport): Array<[string, string]> {
  const facts = report.live
    ? { health: report.live.health, status: report.live.status, note: "" }
    : report.page
      ? {
          health: report.page.health,
          status: report.page.status,
          note: ` (${ago(report.page.at, clock.now())})`,
        }
      : null;
  const rows: Array<[string, string]> = [];
  const primary =
    (facts && setting(facts.health, "models.primary")) ??
    setting(report.config.config, "agents.defaults.model.primary") ??
    setting(report.config.config, "agents.defaults.model");
  rows.push([
    "Model",
    typeof primary === "string" && primary ? primary : "builtin/offline (none configured)",
  ]);
  if (!facts) {
    if (report.lastError) rows.push(["Last gateway error", report.lastError]);
    return rows;
  }
  const count = setting(facts.status, "sessions.count");
  const agents = Array.isArray(facts.health.agents) ? facts.health.agents.filter(isObject) : [];
  const names = agents.map((agent) => String(agent.agentId)).join(", ");
  if (names) rows.push(["Agents", names + facts.note]);
  rows.push(...heartbeatRows(facts.status, clock.now()));
  if (typeof count === "number") rows.push(["Sessions", plural(count, "session") + facts.note]);
  const words = Object.entries(channelWords(facts.health.channels));
  rows.push([
    "Channels",
    (words.map(([id, word]) => `${id} ${word}`).join(", ") || "none configured") + facts.note,
  ]);
  if (report.lastError) rows.push(["Last gateway error", report.lastError]);
  return rows;
}

function configWord({ config }: StatusReport): string {
  if (!config.exists) return "no file yet: defaults; create it with `openclaw setup`";
  if (config.valid) return "valid";
  return `invalid: ${plural(config.issues.length, "issue")}, the last accepted revision is used`;
}

function printDeep({ out, clock }: CommandContext, live: StatusReport["live"]): void {
  if (!live) return;
  const accounts = setting(live.channels, "channelAccounts");
  const rows = isObject(accounts)
    ? Object.entries(accounts).flatMap(([channel, list]) =>
        (Array.isArray(list) ? list.filter(isObject) : []).map((account) => ({
          channel,
          account: String(account.accountId),
          state: channelWord(account),
          ...evidenceWords(account, clock.now()),
          error: typeof account.lastError === "string" ? account.lastError : "",
        })),
      )
    : [];
  if (rows.length > 0) {
    out.line();
    out.table(rows);
  }
  const profiles = setting(live.models, "profiles");
  if (Array.isArray(profiles)) {
    out.line();
    out.table(
      profiles.filter(isObject).map((profile) => ({
        profile: show(profile.profileId),
        state: show(profile.state, profile.status, "unknown"),
      })),
    );
  }
}

function printAll({ out, paths }: CommandContext, report: StatusReport): void {
  out.line();
  out.pairs([
    ["Ledger", tildePath(paths.ledgerPath, paths.home)],
    ["Logs", tildePath(paths.logsDir, paths.home)],
    ["Workspace", tildePath(paths.defaultWorkspaceDir, paths.home)],
    ["Credentials", tildePath(paths.credentialsDir, paths.home)],
    ["Running gateway", report.running ? `pid ${report.running.pid}` : "none"],
  ]);
  out.line();
  out.line(out.style.bold("End of the log"));
  for (const line of report.log) out.line(line);
  if (report.log.length === 0) out.line("(no log yet)");
}

function jsonStatus(context: CommandContext, report: StatusReport): Record<string, unknown> {
  const { paths, env, version } = context;
  const { live, config } = report;
  return {
    version,
    os: { platform: platform(), release: release(), arch: arch(), node: process.versions.node },
    update: lastCheck(paths.stateDir),
    profile: paths.profile,
    stateDir: paths.stateDir,
    config: {
      path: paths.configPath,
      exists: config.exists,
      valid: config.valid,
      issues: config.issues,
      warnings: config.warnings,
    },
    auth: describeAuth(config.config, env),
    gateway: {
      reachable: live !== null,
      url: report.url,
      latencyMs: live?.latencyMs ?? null,
      pid: report.running?.pid ?? null,
      ...(report.failure ? { error: report.failure } : {}),
    },
    status: live?.status ?? report.page?.status ?? null,
    health: live?.health ?? report.page?.health ?? null,
    asOf: live ? context.clock.now() : (report.page?.at ?? null),
    ...(live?.models ? { models: live.models } : {}),
    ...(live?.channels ? { channels: live.channels } : {}),
    backup: readBackupRecord(paths.stateDir),
    lastError: report.lastError,
    ...(report.log.length > 0 ? { log: report.log } : {}),
  };
}
