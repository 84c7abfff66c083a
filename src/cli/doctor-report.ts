import type { Doctor, Finding, Report, ServicePlace, ShownChange, Wants } from "../doctor/index.ts";
import type { CommandContext, Output } from "./contract.ts";
import { flag } from "./options.ts";
import { installRoot } from "./package-info.ts";

/** The doctor of this command's state directory. With `live` the running gateway is asked. */
export async function openDoctorFor(
  context: CommandContext,
  options: { author: string; wants: Partial<Wants>; live: boolean },
): Promise<Doctor> {
  const { openDoctor } = await import("../doctor/index.ts");
  const { paths, env, version, clock, signal } = context;
  const timeoutMs = options.wants.deep ? 10_000 : 2_000;
  let client: ReturnType<CommandContext["connect"]> | null = null;
  return openDoctor({
    paths,
    env,
    version,
    clock,
    signal,
    author: options.author,
    wants: options.wants,
    service: await servicePlace(context),
    ...(options.live && {
      ask: async (method, params) => {
        client ??= context.connect({ mode: "probe", timeoutMs });
        return (await client).call(method, params ?? {}, { timeoutMs, signal });
      },
      strangerGetsIn: () => strangerGetsIn(context, timeoutMs),
    }),
  });
}

async function servicePlace({ env, paths, clock }: CommandContext): Promise<ServicePlace> {
  const { thisHost } = await import("../service/index.ts");
  return {
    host: thisHost({ env, home: paths.home, clock }),
    packageRoot: installRoot(),
    lingerDir: "/var/lib/systemd/linger",
    executable: { kind: process.versions["bun"] === undefined ? "node" : "bun", path: process.execPath },
  };
}

/** Knocks at the running gateway without any secret: what it grants, or null when it refuses. */
async function strangerGetsIn(context: CommandContext, timeoutMs: number): Promise<unknown> {
  const running = await context.runningGateway();
  if (!running) return null;
  const [{ connectGateway }, { gatewayUrl }] = await Promise.all([
    import("../client/index.ts"),
    import("./target.ts"),
  ]);
  try {
    const client = await connectGateway({
      url: gatewayUrl({ ...running, tls: false }),
      auth: {},
      client: { id: "cli", mode: "probe", version: context.version, platform: process.platform },
      scopes: ["operator.admin"],
      caps: [],
      timeoutMs,
    });
    client.close();
    return client.hello["auth"] ?? {};
  } catch {
    return null; // Refused, which is as it should be; a gateway with TLS does not understand us either.
  }
}

export function wantsOf(options: Record<string, unknown>): Partial<Wants> {
  return {
    deep: flag(options, "deep"),
    generateToken: flag(options, "generateGatewayToken"),
    workspaceSuggestions: options["workspaceSuggestions"] !== false,
  };
}

/** Findings as people read them: what, where, how to mend it. */
export function printFindings(out: Output, findings: readonly Finding[], options: { undo: boolean }): void {
  const marks = {
    critical: out.style.red("✗"),
    warning: out.style.yellow("!"),
    info: out.style.dim("·"),
  };
  for (const { severity, title, evidence, fix, undo, id } of findings) {
    out.line(`${marks[severity]} ${out.style.bold(title)} ${out.style.dim(`(${id}, ${severity})`)}`);
    out.line(`    ${evidence}`);
    out.line(`    ${out.style.dim("fix:")}  ${fix}`);
    if (options.undo) out.line(`    ${out.style.dim("undo:")} ${undo}`);
  }
}

export function printChanges(out: Output, changes: readonly ShownChange[]): void {
  for (const { summary, diff } of changes) {
    out.line(out.style.bold(summary));
    for (const line of diff) {
      const paint = line.startsWith("+")
        ? out.style.green
        : line.startsWith("-")
          ? out.style.red
          : line.startsWith("@@")
            ? out.style.cyan
            : (text: string) => text;
      out.line(`  ${paint(line)}`);
    }
  }
}

/** `✓ config migrated` for everything that was done (OUT-018), each once. */
export function printTicks(out: Output, ticks: readonly string[]): void {
  for (const tick of new Set(ticks)) out.line(`${out.style.green("✓")} ${tick}`);
}

/** The last line of a report. */
export function closingLine(report: Pick<Report, "findings" | "checked" | "skipped">): string {
  const { findings, checked, skipped } = report;
  const count = (severity: Finding["severity"]) =>
    findings.filter((each) => each.severity === severity).length;
  const parts = [
    [count("critical"), "critical"],
    [count("warning"), count("warning") === 1 ? "warning" : "warnings"],
    [count("info"), count("info") === 1 ? "hint" : "hints"],
  ] as const;
  const left = parts.filter(([n]) => n > 0).map(([n, word]) => `${n} ${word}`);
  const done = `${checked} checks${skipped.length > 0 ? `, ${skipped.length} skipped` : ""}`;
  return left.length === 0 ? `✓ ${done}, nothing to do` : `${done}: ${left.join(", ")}`;
}

export const hasCritical = (findings: readonly Finding[]): boolean =>
  findings.some(({ severity }) => severity === "critical");

/** A finding as JSON gives it: its repair by name only, the steps may hold secrets. */
export function plainFinding({ repair, ...finding }: Finding): Record<string, unknown> {
  return { ...finding, repair: repair ? repair.level : null };
}
