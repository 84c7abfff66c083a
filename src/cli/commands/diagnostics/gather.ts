import { arch, platform, release, totalmem, freemem } from "node:os";
import { redactValue } from "../../../config/index.ts";
import { codeOf, messageOf } from "../../../core/errors.ts";
import { isObject } from "../../../core/json.ts";
import type { CommandContext } from "../../contract.ts";
import { openDoctorFor, plainFinding, wantsOf } from "../../doctor-report.ts";
import { lastStatusPage, rawLogTail } from "../../local-facts.ts";
import { parseLogLine } from "../../log-lines.ts";
import { countLedger, listState } from "./listing.ts";
import { createScrubber, type Scrubber } from "./scrub.ts";

const logLines = 500;
const askMs = 5000;

/** Every file of a bundle by name. Nothing in it needs a gateway; a part that cannot be had says why. */
export async function gatherBundle(context: CommandContext): Promise<Map<string, string>> {
  const { paths, version, clock } = context;
  const config = (await context.openConfig()).read();
  const scrub = createScrubber(context, config.parsed);
  const running = await context.runningGateway();
  const parts: Array<[string, () => unknown]> = [
    [
      "summary.json",
      () => ({
        version,
        madeAt: new Date(clock.now()).toISOString(),
        os: { platform: platform(), release: release(), arch: arch(), node: process.versions.node },
        memory: { totalBytes: totalmem(), freeBytes: freemem() },
        profile: paths.profile,
        gateway: running ? { pid: running.pid, port: running.port } : null,
        config: { exists: config.exists, valid: config.valid },
      }),
    ],
    ["gateway.json", async () => scrub.facts(await askGateway(context))],
    ["last-status.json", () => scrub.facts(lastStatusPage(context))],
    [
      "config.json",
      () => ({
        issues: scrub.all(config.issues),
        warnings: scrub.all(config.warnings),
        // A file that cannot be parsed cannot be redacted by its paths either.
        config: scrub.all(redactValue(config.parsed, [])),
      }),
    ],
    ["doctor.json", async () => scrub.all(await doctorReport(context))],
    ["log.json", async () => await endOfLog(context, scrub)],
    ["files.json", () => listState(paths, scrub)],
    ["ledger.json", () => scrub.all(countLedger(paths))],
  ];
  const files = new Map<string, string>();
  for (const [name, make] of parts) {
    context.signal.throwIfAborted();
    files.set(name, `${JSON.stringify(await madeOrFailure(make, scrub), null, 2)}\n`);
  }
  return files;
}

async function madeOrFailure(make: () => unknown, scrub: Scrubber): Promise<unknown> {
  try {
    return await make();
  } catch (error) {
    return { error: { code: codeOf(error) ?? "UNKNOWN", message: scrub.text(messageOf(error)) } };
  }
}

async function askGateway(context: CommandContext): Promise<unknown> {
  const client = await context.connect({ mode: "probe", timeoutMs: askMs });
  try {
    const call = (method: string, params: object) =>
      client.call(method, params, { timeoutMs: askMs, signal: context.signal });
    const [status, health] = await Promise.all([call("status", {}), call("health", {})]);
    return { status: withoutSessions(status), health };
  } finally {
    client.close();
  }
}

/** Sessions are named after people; their number is enough. */
function withoutSessions(status: unknown): unknown {
  if (!isObject(status)) return status;
  const { sessions, ...rest } = status;
  return { ...rest, sessions: isObject(sessions) ? { count: sessions["count"] } : null };
}

async function doctorReport(context: CommandContext): Promise<unknown> {
  const doctor = await openDoctorFor(context, { author: "diagnostics", wants: wantsOf({}), live: false });
  const plain = ({ findings, skipped, checked }: Awaited<ReturnType<typeof doctor.report>>) => ({
    checked,
    skipped,
    findings: findings.map(plainFinding),
  });
  return { doctor: plain(await doctor.report("doctor")), audit: plain(await doctor.report("audit")) };
}

/** Records of our own only; a line that is none may be anything. */
async function endOfLog(context: CommandContext, scrub: Scrubber): Promise<unknown[]> {
  return (await rawLogTail(context, logLines)).map((line) => {
    const record = parseLogLine(line);
    if (!record) return "(a line that is no record)";
    const { time, level, subsystem, message, fields } = record;
    return {
      time,
      level,
      subsystem: scrub.text(subsystem),
      message: scrub.text(message),
      fields: scrub.facts(fields),
    };
  });
}
