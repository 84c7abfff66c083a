import { definitionArguments, definitionEnvironment, factsOf, roleOf } from "./definition.ts";
import type { ServiceFacts, ServiceSpec } from "./contract.ts";
import { secretValues } from "./env-file.ts";
import { escapeXml, parseXml, type XmlElement } from "./xml.ts";

type Value = string | number | boolean | Value[] | { [key: string]: Value };

/** The launch agent (SVC-014 to SVC-020). launchd has no file of variables, so the 0600 plist holds the secrets too. */
export function renderPlist(spec: ServiceSpec, label: string): string {
  const environment = [...definitionEnvironment(spec), ...secretValues(spec.secrets)];
  return plistText({
    Label: label,
    ProgramArguments: definitionArguments(spec),
    WorkingDirectory: spec.stateDir,
    EnvironmentVariables: Object.fromEntries(environment),
    StandardOutPath: `${spec.logsDir}/${roleOf(spec)}.log`,
    StandardErrorPath: `${spec.logsDir}/${roleOf(spec)}.err.log`,
    RunAtLoad: true,
    KeepAlive: true,
    ThrottleInterval: 5,
    ExitTimeOut: 30,
    ProcessType: "Interactive",
    Umask: 0o077,
  });
}

/** Facts of a property list in its XML form, ours or anybody's; null when it is none (binary ones included). */
export function parsePlist(text: string): { label: string | null; facts: ServiceFacts } | null {
  const root = readPlist(text);
  if (root === null) return null;
  const problems: string[] = [];
  const list = root.ProgramArguments;
  const args = Array.isArray(list) ? list.filter((each) => typeof each === "string") : [];
  // With `Program` the first argument is only a name (CONF-45).
  if (typeof root.Program === "string") args.splice(0, args.length > 0 ? 1 : 0, root.Program);
  if (args.length === 0) problems.push("no ProgramArguments");
  const environment: Record<string, string> = {};
  const variables = root.EnvironmentVariables;
  if (typeof variables === "object" && !Array.isArray(variables)) {
    for (const [name, value] of Object.entries(variables))
      if (typeof value === "string") environment[name] = value;
  }
  if (root.Disabled === true) problems.push("Disabled is set");
  return {
    label: typeof root.Label === "string" ? root.Label : null,
    facts: factsOf({
      args,
      environment,
      account: typeof root.UserName === "string" ? root.UserName : null,
      problems,
    }),
  };
}

/** The dictionary of a property list in XML; null when it is not one by Apple's document type. */
export function readPlist(text: string): Record<string, Value> | null {
  const root = parseXml(text);
  const [only, second] = root?.name === "plist" ? root.children : [];
  if (!only || second || only.name !== "dict") return null;
  const value = valueOf(only);
  return typeof value === "object" && !Array.isArray(value) ? value : null;
}

function valueOf(element: XmlElement): Value | undefined {
  switch (element.name) {
    case "string":
    case "date":
    case "data":
      return element.children.length === 0 ? element.text : undefined;
    case "integer":
    case "real":
      return element.text.trim() !== "" && Number.isFinite(Number(element.text))
        ? Number(element.text)
        : undefined;
    case "true":
      return true;
    case "false":
      return false;
    case "array": {
      const values = element.children.map(valueOf);
      return values.some((value) => value === undefined) ? undefined : (values as Value[]);
    }
    case "dict": {
      const found: Record<string, Value> = Object.create(null) as Record<string, Value>;
      const { children } = element;
      for (let i = 0; i < children.length; i += 2) {
        const [key, each] = [children[i], children[i + 1]];
        const value = each && valueOf(each);
        if (key?.name !== "key" || value === undefined || key.text in found) return undefined;
        found[key.text] = value;
      }
      return found;
    }
    default:
      return undefined;
  }
}

export function plistText(dictionary: Record<string, Value>): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
${render(dictionary, "")}
</plist>
`;
}

function render(value: Value, indent: string): string {
  const deeper = `${indent}  `;
  if (typeof value === "string") return `${indent}<string>${escapeXml(value)}</string>`;
  if (typeof value === "number") return `${indent}<integer>${value}</integer>`;
  if (typeof value === "boolean") return `${indent}<${value}/>`;
  const inner = Array.isArray(value)
    ? value.map((each) => render(each, deeper))
    : Object.entries(value).map(
        ([key, each]) => `${deeper}<key>${escapeXml(key)}</key>\n${render(each, deeper)}`,
      );
  const name = Array.isArray(value) ? "array" : "dict";
  return [`${indent}<${name}>`, ...inner, `${indent}</${name}>`].join("\n");
}
