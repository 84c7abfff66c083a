import type { CommandBody, CommandContext } from "../../contract.ts";
import { duration, tildePath } from "../../format.ts";
import { lastGatewayError } from "../../local-facts.ts";
import { flag } from "../../options.ts";
import { reloadRows } from "../../reload-report.ts";
import { probeGateway, type ProbeResult } from "../../probe.ts";
import { setting, type RunningGateway } from "../../target.ts";
import type { ServiceReport } from "./service-report.ts";

/** Reports and never fails: scripts read `.runtime` and `.probe` (HID-001, OUT-001…012). */
export const run: CommandBody = async (context, _args, options) => {
  const report = await gatherReport(context, options);
  if (flag(options, "json")) context.out.json(jsonReport(report));
  else printReport(context, report);
  return 0;
};

interface Report {
  runtime: ServiceReport["runtime"];
  probe: ProbeResult;
  running: RunningGateway | null;
  version: string;
  cliVersion: string;
  uptimeMs: number | null;
  port: number | null;
  bind: string;
  host: string;
  configPath: string;
  configValid: boolean;
  issues: string[];
  cli: { profile: string; port: number | null; bind: string; path: string };
  lastError: string | null;
  others: string[];
  service: ServiceReport;
}

async function gatherReport(context: CommandContext, options: Record<string, unknown>): Promise<Report> {
  const { paths, clock } = context;
  const snapshot = await context.settings();
  const [running, probe] = [await context.runningGateway(), await probeGateway(context, options)];
  const health = probe.health ?? {};
  const port = numberOr(setting(snapshot.config, "gateway.port"));
  const bind = textOr(setting(snapshot.config, "gateway.bind")) ?? "loopback";
  const service = await (await import("./service-report.ts")).serviceReport(context, flag(options, "deep"));
  const uptime = numberOr(health.uptimeMs) ?? numberOr(setting(probe.hello, "snapshot.uptimeMs"));
  return {
    // Without a supervisor the process that holds the lock is the runtime (HID-002).
    runtime: running || probe.state === "ok" ? "running" : service.runtime,
    probe,
    running,
    version:
      textOr(health.version) ??
      textOr(setting(probe.hello, "server.version")) ??
      running?.version ??
      context.version,
    cliVersion: context.version,
    uptimeMs: uptime ?? (running?.startedAt ? clock.now() - running.startedAt : null),
    port: running?.port ?? portOf(probe.url) ?? port,
    bind: textOr(setting(health, "gateway.bind")) ?? bind,
    host: running?.host ?? hostOf(probe.url),
    configPath: tildePath(paths.configPath, paths.home),
    configValid: snapshot.valid,
    issues: snapshot.issues.map((issue) => `${issue.path || "(file)"}: ${issue.message}`),
    cli: { profile: paths.profile, port, bind, path: tildePath(paths.configPath, paths.home) },
    lastError: probe.state === "ok" ? null : await lastGatewayError(context),
    others: flag(options, "deep") ? await otherGateways(context) : [],
    service,
  };
}

function printReport({ out, clock }: CommandContext, report: Report): void {
  const { probe, cli } = report;
  const paint = (good: boolean, word: string) => (good ? out.style.green(word) : out.style.red(word));
  out.line(out.style.bold("Gateway Status"));
  out.line("--------------");
  const probeText = probe.state === "ok" ? `ok (${probe.latencyMs}ms)` : probe.state;
  out.pairs([
    ["Runtime", paint(report.runtime === "running", report.runtime)],
    ["RPC probe", probe.state === "skipped" ? "skipped" : paint(probe.state === "ok", probeText)],
    ["Version", report.version],
    ["Uptime", report.uptimeMs === null ? "-" : duration(report.uptimeMs)],
    ["PID", report.running ? String(report.running.pid) : "-"],
    ["Port", report.port === null ? "-" : String(report.port)],
    ["Bind", report.running || report.bind === "loopback" ? `${report.bind} (${report.host})` : report.bind],
    ["Auth", probe.auth],
    ["Config path", report.configPath],
    ["Probe target", probe.url],
    ["Config (cli)", `profile=${cli.profile}, port=${cli.port ?? "-"}, bind=${cli.bind}, path=${cli.path}`],
    ["Config (service)", report.service.line],
    ["Last gateway error", report.lastError ?? "(none)"],
    ...reloadRows(probe.health, clock.now()),
  ]);
  if (report.version !== report.cliVersion)
    out.line(out.style.yellow(`This CLI is ${report.cliVersion}; the gateway is ${report.version}.`));
  if (!report.configValid) {
    out.line(out.style.red("Config validation failed:"));
    for (const issue of report.issues) out.line(`  ${issue}`);
  }
  for (const line of report.service.lines) out.line(out.style.yellow(line));
  if (report.service.extras.length + report.others.length > 0) {
    out.line("Extra services:");
    for (const { text, removal } of report.service.extras) {
      out.line(out.style.yellow(`  ${text}`));
      for (const command of removal) out.line(`    ${command}`);
    }
    for (const other of report.others) out.line(out.style.yellow(`  ${other}`));
  }
  if (probe.error) {
    out.note(`RPC probe: ${probe.error.message}${probe.error.hint ? `\nhint: ${probe.error.hint}` : ""}`);
  }
}

function jsonReport(report: Report): Record<string, unknown> {
  const { probe } = report;
  return {
    runtime: report.runtime,
    probe: probe.state,
    probeLatencyMs: probe.latencyMs,
    version: report.version,
    uptimeMs: report.uptimeMs,
    pid: report.running?.pid ?? null,
    port: report.port,
    bind: report.bind,
    host: report.host,
    auth: probe.auth,
    url: probe.url,
    configPath: report.configPath,
    config: {
      cli: report.cli,
      service: report.service.config,
      valid: report.configValid,
      issues: report.issues,
    },
    service: report.service.json,
    extraServices: [...report.service.extras.map(({ text }) => text), ...report.others],
    lastError: report.lastError,
    cliVersion: report.cliVersion,
    ...(probe.error ? { probeError: probe.error } : {}),
  };
}

/** Other state directories of this user with a living gateway (`--deep`). */
async function otherGateways(context: CommandContext): Promise<string[]> {
  const { readdir } = await import("node:fs/promises");
  const { home, stateDir } = context.paths;
  const names = await readdir(home).catch(() => [] as string[]);
  const found: string[] = [];
  for (const name of names.filter((n) => /^\.openclaw(?:-[a-z0-9_-]+)?$/i.test(n))) {
    const folder = `${home}/${name}`;
    if (folder === stateDir) continue;
    const files = await readdir(folder).catch(() => [] as string[]);
    for (const file of files) {
      const pid = /^gateway\.(\d+)\.lock$/.exec(file)?.[1];
      if (pid && alive(Number(pid))) found.push(`~/${name}: a gateway with pid ${pid}`);
    }
  }
  return found;
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function textOr(value: unknown): string | null {
  return typeof value === "string" && value ? value : null;
}

function numberOr(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function portOf(url: string): number | null {
  return URL.canParse(url) ? Number(new URL(url).port) || null : null;
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, "") : "-";
}
