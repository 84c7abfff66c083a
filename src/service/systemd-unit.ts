import { definitionArguments, definitionEnvironment, factsOf, roleOf } from "./definition.ts";
import type { ServiceFacts, ServiceSpec } from "./contract.ts";
import { readEnvFile } from "./env-file.ts";
import { roleWords } from "./names.ts";

/** Seconds a stopping gateway has before systemd ends it; the drain is shorter. */
const stopSeconds = 30;
const watchdogSeconds = 60;
/** sysexits(3) EX_CONFIG: starting again changes nothing, so systemd does not (SVC, HID-013). */
export const configExitStatus = 78;

/**
 * The unit file (SVC-025 to SVC-028, SVC-033). `secretsFile`: where the secrets are, absent when there are none. A
 * system unit is hardened further than a user manager can do.
 */
export function renderUnit(spec: ServiceSpec, options: { system: boolean; secretsFile?: string }): string {
  const { install, title } = roleWords(roleOf(spec));
  const lines = [
    `# Written by \`${install}\`. Changes belong into a drop-in: \`systemctl edit\`.`,
    "[Unit]",
    `Description=${title} (profile: ${spec.profile}, v${spec.version})`,
    "After=network-online.target",
    "Wants=network-online.target",
    "StartLimitIntervalSec=0",
    "",
    "[Service]",
    ...(spec.notify
      ? ["Type=notify", "NotifyAccess=all", `WatchdogSec=${watchdogSeconds}`, "WatchdogSignal=SIGKILL"]
      : ["Type=simple"]),
    `ExecStart=${definitionArguments(spec).map(argument).join(" ")}`,
    `WorkingDirectory=${specifiers(spec.stateDir)}`,
    ...definitionEnvironment(spec).map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}`),
    ...(options.secretsFile === undefined ? [] : [`EnvironmentFile=${specifiers(options.secretsFile)}`]),
    ...(spec.account ? [`User=${spec.account.user}`, `Group=${spec.account.group}`] : []),
    "Restart=always",
    "RestartSec=5",
    `RestartPreventExitStatus=${configExitStatus}`,
    "TimeoutStartSec=120",
    `TimeoutStopSec=${stopSeconds}`,
    "KillMode=mixed",
    "StandardOutput=journal",
    "StandardError=journal",
    "UMask=0077",
    "NoNewPrivileges=yes",
    ...(options.system
      ? [
          // It could not see what lies there.
          ...(needsTmp(spec) ? [] : ["PrivateTmp=yes"]),
          "ProtectSystem=full",
          "ProtectKernelTunables=yes",
          "ProtectControlGroups=yes",
        ]
      : []),
    "",
    "[Install]",
    `WantedBy=${options.system ? "multi-user.target" : "default.target"}`,
  ];
  return `${lines.join("\n")}\n`;
}

function needsTmp({ script, runtime, stateDir, configPath }: ServiceSpec): boolean {
  return [script, runtime.path, stateDir, configPath].some((path) => /^(?:\/var)?\/tmp\//.test(path));
}

/** A unit as it was read: the last value of each key, lists with all of theirs. */
export function parseUnit(
  text: string,
  options: { readFiles: boolean } = { readFiles: true },
): { facts: ServiceFacts; description: string | null; watchdogSec: string | null; type: string | null } {
  const service = section(text, "Service");
  const problems: string[] = [];
  const environment: Record<string, string> = {};
  for (const value of effective(service.get("Environment"))) {
    for (const word of words(value, problems)) {
      const at = word.indexOf("=");
      if (at > 0) environment[word.slice(0, at)] = word.slice(at + 1);
    }
  }
  for (const value of options.readFiles ? effective(service.get("EnvironmentFile")) : []) {
    const path = unescape(value.replace(/^-/, ""));
    const read = readEnvFile(path, value.startsWith("-"));
    Object.assign(environment, read.values);
    if (read.problem) problems.push(read.problem);
  }
  const start = effective(service.get("ExecStart")).at(-1);
  if (start === undefined) problems.push("no ExecStart=");
  const args =
    start === undefined ? [] : words(start.replace(/^[@\-:+!|]+/, ""), problems, { dollars: true });
  return {
    facts: factsOf({ args, environment, account: service.get("User")?.at(-1) ?? null, problems }),
    description: section(text, "Unit").get("Description")?.at(-1) ?? null,
    watchdogSec: service.get("WatchdogSec")?.at(-1) ?? null,
    type: service.get("Type")?.at(-1) ?? null,
  };
}

/** Settings of one section in order; `\` at the end of a line joins it with the next. */
function section(text: string, name: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  let inside = false;
  const joined = text.replaceAll("\r\n", "\n").replace(/\\\n(?:[ \t]*[#;][^\n]*\n)*/g, " ");
  for (const raw of joined.split("\n")) {
    const line = raw.trim();
    if (line === "" || /^[#;]/.test(line)) continue;
    const header = /^\[(.+)\]$/.exec(line);
    if (header) {
      inside = header[1] === name;
      continue;
    }
    const at = line.indexOf("=");
    if (!inside || at < 1) continue;
    const key = line.slice(0, at).trim();
    found.set(key, [...(found.get(key) ?? []), line.slice(at + 1).trim()]);
  }
  return found;
}

/** An empty assignment drops what stands before it. */
function effective(values: string[] = []): string[] {
  return values.slice(values.lastIndexOf("") + 1);
}

/** Splits as systemd.syntax(7) does: blanks, both quotes, C escapes, `%%`, and `$$` in command lines. */
function words(text: string, problems: string[], options: { dollars?: boolean } = {}): string[] {
  const found: string[] = [];
  let word: string | null = null;
  let quote = "";
  for (let i = 0; i < text.length; i++) {
    const c = text[i] ?? "";
    if (quote === "" && /\s/.test(c)) {
      if (word !== null) found.push(word);
      word = null;
    } else if (quote === "" ? word === null && (c === '"' || c === "'") : c === quote) {
      quote = quote === "" ? c : "";
      word ??= "";
    } else if (c === "\\" && i + 1 < text.length) {
      const next = text[++i] ?? "";
      word = (word ?? "") + ({ n: "\n", t: "\t", r: "\r", s: " " }[next] ?? next);
    } else word = (word ?? "") + c;
  }
  if (quote !== "") problems.push("a quote is not closed");
  if (word !== null) found.push(word);
  return found.map((each) => unescape(options.dollars ? each.replaceAll("$$", "$") : each));
}

function unescape(text: string): string {
  return text.replaceAll("%%", "%");
}

export function specifiers(text: string): string {
  return text.replaceAll("%", "%%");
}

export function quoted(text: string): string {
  return `"${specifiers(text).replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

/** Plain words stay readable. */
export function argument(text: string): string {
  return /^[A-Za-z0-9_@.:/+=-]+$/.test(text) ? text : quoted(text).replaceAll("$", "$$$$");
}
