import { join } from "node:path";
import {
  buildServiceSpec,
  detectSupervisor,
  findDrift,
  resolveGatewayService,
  type ServiceFacts,
  type Supervisor,
} from "../../service/index.ts";
import { Secret } from "../../core/secret.ts";
import type { Check, CheckContext, CommandStep } from "../contract.ts";
import { look } from "../disk.ts";

/** DOC-015, DOC-018, DOC-028, DOC-029, DOC-033, HID-016…018: what the service's definition says, also edited by hand. */
export const serviceDrift: Check = {
  id: "service-drift",
  title: "The service is not what this installation would install",
  severity: "warning",
  surface: "doctor",
  mends:
    "by one command: `openclaw gateway install --force`, which keeps the old files when the new ones are refused",
  dependsOn: ["config-invalid"],
  async inspect(context) {
    const supervisor = supervisorOf(context);
    if (!supervisor || !context.service) return [];
    const { facts } = await supervisor.inspect();
    if (facts === null) return [];
    const { token, password } = context.config.config.gateway.auth;
    const configured = { token: secretOf(token), password: secretOf(password), system: false };
    const drift = findDrift(facts, specOf(context, facts), configured);
    if (drift.length === 0) return [];
    return [
      {
        evidence: `${supervisor.name}: ${drift.map(({ message }) => message).join("; ")}`,
        fix: drift[0]?.repair ?? "openclaw gateway install --force",
        repair: {
          // A definition without our mark was written by a person (DOC-004).
          level: facts.marked ? "recommended" : "forced",
          tick: "service updated",
          steps: [installStep(context, supervisor)],
        },
      },
    ];
  },
};

function installStep({ service, paths }: CheckContext, supervisor: Supervisor): CommandStep {
  const profile = paths.profile === "default" ? [] : ["--profile", paths.profile];
  const words = [...profile, "gateway", "install", "--force"];
  return {
    kind: "command",
    path: supervisor.definitionPath,
    argv: [service?.executable.path ?? "", join(service?.packageRoot ?? "", "bin", "openclaw.js"), ...words],
    shown: `openclaw ${words.join(" ")}`,
    afterUndo: "the service manager still has the new definition: openclaw gateway restart",
  };
}

/** The service is there and does not run, or its manager cannot be asked (HID-029). */
export const serviceDown: Check = {
  id: "service-down",
  title: "The service is installed and does not run",
  severity: "warning",
  surface: "doctor",
  mends: "by hand: `openclaw gateway start`, or look why it ends",
  async inspect(context) {
    const supervisor = supervisorOf(context);
    const state = await supervisor?.inspect();
    if (!supervisor || !state?.installed) return [];
    if (state.problem !== null) {
      return [
        {
          title: "The service manager cannot be asked",
          evidence: `${state.name}: ${state.problem}`,
          fix: "openclaw gateway status",
        },
      ];
    }
    if (state.runtime === "running" || context.running) return [];
    return [
      {
        evidence: `${state.name}: ${state.detail}`,
        fix: `openclaw gateway start; its log: ${supervisor.logHint()}`,
        undo: "openclaw gateway stop",
      },
    ];
  },
};

/** DOC-019, HID-028 */
export const serviceLinger: Check = {
  id: "service-linger",
  title: "The service ends when its user logs out",
  severity: "warning",
  surface: "doctor",
  mends: "by hand: the command in the finding, which may need root",
  inspect(context) {
    const { service } = context;
    const supervisor = supervisorOf(context);
    if (!service?.host.systemdBooted || supervisor?.kind !== "systemd-user") return [];
    const { user } = service.host;
    if (!look(supervisor.definitionPath) || look(join(service.lingerDir, user))) return [];
    return [
      {
        evidence: `${supervisor.name} is a service of user ${user}, and lingering is off for that user`,
        fix: `sudo loginctl enable-linger ${user}`,
        undo: `sudo loginctl disable-linger ${user}`,
      },
    ];
  },
};

/** DOC-005, DOC-028, HID-030: services of older names, and of state directories nobody knows. */
export const otherServices: Check = {
  id: "other-services",
  title: "Another gateway service is installed",
  severity: "warning",
  surface: "doctor",
  mends: "by hand, with the commands in the finding; services of other profiles are no finding",
  async inspect(context) {
    if (!context.wants.deep) return [];
    const found = (await supervisorOf(context)?.scan()) ?? [];
    return found
      .filter(({ status }) => status === "legacy" || status === "extra")
      .map(({ name, path, status, removal }) => ({
        title:
          status === "legacy"
            ? "A service of an older version is installed"
            : "Another gateway service is installed",
        evidence: `${name} (${path})`,
        fix: removal.join(" && "),
        undo: `keep a copy of ${path} first`,
      }));
  },
};

function supervisorOf({ service, paths, signal }: CheckContext): Supervisor | null {
  if (!service || detectSupervisor(service.host) === null) return null;
  return resolveGatewayService(service.host, { profile: paths.profile, stateDir: paths.stateDir, signal });
}

/** What would be installed now. The runtime is the service's own kind, and its NODE_OPTIONS are kept (CONF-54). */
function specOf({ service, paths, config, version }: CheckContext, facts: ServiceFacts) {
  if (!service) throw new TypeError("there is no service to compare with");
  const isBun = /(?:^|[/\\])bun(?:\.exe)?$/.test(facts.runtime ?? "");
  return buildServiceSpec(service.host, {
    paths,
    version,
    packageRoot: service.packageRoot,
    runtime: isBun ? "bun" : "node",
    executable: service.executable,
    port: config.config.gateway.port,
    secrets: {},
    nodeOptions: facts.nodeOptions,
  });
}

const secretOf = (value: string | undefined): Secret | null => (value ? new Secret(value) : null);
