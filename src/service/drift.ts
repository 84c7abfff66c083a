import { constantTimeEqual } from "../guard/index.ts";
import type { ServiceFacts, ServiceSpec } from "./contract.ts";
import { factsOfSpec, roleOf } from "./definition.ts";
import { roleWords } from "./names.ts";
import type { Secret } from "../core/secret.ts";

export interface Drift {
  /** What differs. */
  what:
    | "port"
    | "token"
    | "password"
    | "stateDir"
    | "configPath"
    | "runtime"
    | "program"
    | "version"
    | "profile"
    | "account"
    | "options"
    | "definition";
  /** In the definition; secrets are only named. */
  service: string;
  /** As this command line sees it. */
  wanted: string;
  message: string;
  /** The one command that mends it. */
  repair: string;
}

/**
 * Where an installed definition says something else than this installation would write now. A token is compared with
 * `configured` (what the configuration holds), because the definition's one outranks it (HID-017).
 */
export function findDrift(
  facts: ServiceFacts,
  wanted: ServiceSpec,
  configured: { token: Secret | null; password: Secret | null; system: boolean },
): Drift[] {
  const target = factsOfSpec(wanted);
  const flags = configured.system ? " --system" : "";
  const profile = wanted.profile === "default" ? "" : `--profile ${wanted.profile} `;
  const repair = `${roleWords(roleOf(wanted)).install.replace(" ", ` ${profile}`)} --force${flags}`;
  const found: Drift[] = [];
  const differ = (what: Drift["what"], service: string | null, other: string | null, message: string) => {
    if (service === other) return;
    found.push({ what, service: service ?? "(not set)", wanted: other ?? "(not set)", message, repair });
  };
  const { port, stateDir, configPath, runtime, script, version } = facts;
  if (port !== null)
    differ(
      "port",
      String(port),
      String(target.port),
      `the service listens on port ${port}; the configuration says ${target.port}`,
    );
  // A definition without the path variables means the default places of its profile.
  if (stateDir !== null)
    differ(
      "stateDir",
      stateDir,
      target.stateDir,
      `the service uses the state directory ${stateDir}; this command uses ${target.stateDir}`,
    );
  if (configPath !== null)
    differ(
      "configPath",
      configPath,
      target.configPath,
      `the service reads ${configPath}; this command reads ${target.configPath}`,
    );
  if (runtime !== null)
    differ(
      "runtime",
      runtime,
      target.runtime,
      `the service runs with ${runtime}; this command runs with ${target.runtime}`,
    );
  differ(
    "program",
    script,
    target.script,
    `the service starts ${script ?? "nothing"}; this command is ${target.script}`,
  );
  differ(
    "version",
    version,
    target.version,
    `the definition was written by version ${version ?? "unknown"}; this is ${target.version}`,
  );
  differ(
    "account",
    facts.account,
    target.account,
    `the service runs as ${facts.account ?? "its owner"}; it should run as ${target.account ?? "its owner"}`,
  );
  if (wanted.node !== undefined) {
    const [has, other] = [nodeOptions(facts.args), wanted.node.options].map((words) => words.join(" "));
    differ(
      "options",
      has ?? "",
      other ?? "",
      `the service was told ${has === "" ? "nothing" : has}; this command line and node.json come to ${other}`,
    );
  }
  for (const what of ["token", "password"] as const) {
    const embedded = facts[what];
    // Compared with what the command line would embed, else with what the configuration says.
    const other = target[what] ?? configured[what];
    if (embedded === null || other === null || sameSecret(embedded, other)) continue;
    found.push({
      what,
      service: `a ${what} of its own`,
      wanted: `the ${what} of the configuration`,
      message:
        wanted.node === undefined
          ? `the ${what} in the service definition is not the configured one, and outranks it: changing gateway.auth.${what} has no effect on the service`
          : `the ${what} that the service keeps is not the one given now`,
      repair,
    });
  }
  for (const problem of facts.problems)
    found.push({
      what: "definition",
      service: problem,
      wanted: "",
      message: `the service definition: ${problem}`,
      repair,
    });
  return found;
}

/** What a definition tells `openclaw node run`; empty when it says something else. */
export function nodeOptions(args: readonly string[]): string[] {
  const at = args.findIndex((word, i) => word === "node" && args[i + 1] === "run");
  return at < 0 ? [] : args.slice(at + 2);
}

/** Whether two readings say the same, secrets included. */
export function sameFacts(a: ServiceFacts, b: ServiceFacts): boolean {
  const plain = ({ token: _token, password: _password, ...rest }: ServiceFacts) => JSON.stringify(rest);
  return plain(a) === plain(b) && sameSecret(a.token, b.token) && sameSecret(a.password, b.password);
}

function sameSecret(a: Secret | null, b: Secret | null): boolean {
  return a === null || b === null ? a === b : constantTimeEqual(a.reveal(), b.reveal());
}
