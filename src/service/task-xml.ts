import { definitionArguments, factsOf, roleOf } from "./definition.ts";
import type { ServiceFacts, ServiceSpec } from "./contract.ts";
import { readEnvFile } from "./env-file.ts";
import { roleWords } from "./names.ts";
import { child, escapeXml, parseXml } from "./xml.ts";

const namespace = "http://schemas.microsoft.com/windows/2004/02/mit/task";

/**
 * The task (SVC-037, CONF-51): at logon of its user, restarted after failures. A task has no environment of its own, so
 * variables come from a file that the runtime reads itself: no shell is in between.
 */
export function renderTask(spec: ServiceSpec, options: { user: string; envFile: string }): string {
  const [runtime = "", ...rest] = definitionArguments(spec);
  const user = escapeXml(options.user);
  const logon = spec.withoutLogon
    ? ["      <LogonType>S4U</LogonType>"]
    : ["      <LogonType>InteractiveToken</LogonType>"];
  return [
    '<?xml version="1.0" encoding="UTF-16"?>',
    `<Task version="1.3" xmlns="${namespace}">`,
    "  <RegistrationInfo>",
    `    <Description>${roleWords(roleOf(spec)).title} (profile: ${spec.profile}, v${spec.version})</Description>`,
    "  </RegistrationInfo>",
    "  <Triggers>",
    ...(spec.withoutLogon
      ? ["    <BootTrigger>", "      <Enabled>true</Enabled>", "    </BootTrigger>"]
      : [
          "    <LogonTrigger>",
          "      <Enabled>true</Enabled>",
          `      <UserId>${user}</UserId>`,
          "    </LogonTrigger>",
        ]),
    "  </Triggers>",
    "  <Principals>",
    '    <Principal id="Author">',
    `      <UserId>${user}</UserId>`,
    ...logon,
    "      <RunLevel>LeastPrivilege</RunLevel>",
    "    </Principal>",
    "  </Principals>",
    "  <Settings>",
    "    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>",
    "    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>",
    "    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>",
    "    <StartWhenAvailable>true</StartWhenAvailable>",
    "    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>",
    "    <RestartOnFailure>",
    "      <Interval>PT1M</Interval>",
    "      <Count>255</Count>",
    "    </RestartOnFailure>",
    "  </Settings>",
    '  <Actions Context="Author">',
    "    <Exec>",
    `      <Command>${escapeXml(runtime)}</Command>`,
    `      <Arguments>${escapeXml([`--env-file=${options.envFile}`, ...rest].map(quote).join(" "))}</Arguments>`,
    `      <WorkingDirectory>${escapeXml(spec.stateDir)}</WorkingDirectory>`,
    "    </Exec>",
    "  </Actions>",
    "</Task>",
    "",
  ].join("\r\n");
}

/** Facts of a task definition; null when it is none. */
export function parseTask(text: string): ServiceFacts | null {
  const task = parseXml(text);
  if (task?.name !== "Task") return null;
  const exec = child(child(task, "Actions"), "Exec");
  const problems: string[] = [];
  const command = child(exec, "Command")?.text.trim() ?? "";
  if (command === "") problems.push("no program to start");
  const args = [
    ...(command ? [command.replace(/^"(.*)"$/, "$1")] : []),
    ...split(child(exec, "Arguments")?.text ?? ""),
  ];
  const envFile = args.find((word) => word.startsWith("--env-file="))?.slice("--env-file=".length);
  const read = envFile === undefined ? null : readEnvFile(envFile, false);
  if (read?.problem) problems.push(read.problem);
  return factsOf({
    args: args.filter((word) => !word.startsWith("--env-file=")),
    environment: read?.values ?? {},
    // A task is always its user's own.
    account: null,
    problems,
  });
}

/** One argument as CommandLineToArgvW takes it apart; quotes are refused before (grammar.ts). */
export function quote(word: string): string {
  if (word !== "" && !/\s/.test(word)) return word;
  return `"${word.replace(/\\+$/, "$&$&")}"`;
}

function split(line: string): string[] {
  return [...line.matchAll(/(?:[^\s"]|"[^"]*")+/g)].map(([word]) =>
    word.replaceAll('"', "").replace(/\\\\$/, "\\"),
  );
}
