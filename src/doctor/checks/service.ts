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
import type { Check, CheckContext, CommandStep, Found } from "../contract.ts";
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
    const found = await Promise.all((await servicesOf(context)).map((service) => driftOf(context, service)));
    return found.flat();
  },
};

async function driftOf(context: CheckContext, { supervisor, system }: OurService): Promise<Found[]> {
  const { facts } = await supervisor.inspect();
  if (facts === null) return [];
  const { token, password } = context.config.config.gateway.auth;
  const configured = { token: secretOf(token), password: secretOf(password), system };
  const drift = findDrift(facts, specOf(context, facts), configured);
  if (drift.length === 0) return [];
  const command = drift[0]?.repair ?? "openclaw gateway install --force";
  // The machine's service is root's to change.
  const isOurs = !system || context.service?.host.uid === 0;
  return [
    {
      evidence: `${supervisor.name}: ${drift.map(({ message }) => message).join("; ")}`,
      fix: isOurs ? command : `sudo ${command}`,
      ...(isOurs && {
        repair: {
          // A definition without our mark was written by a person (DOC-004).
          level: facts.marked ? "recommended" : "forced",
          tick: "service updated",
          steps: [installStep(context, { supervisor, system })],
        },
      }),
    },
  ];
}

function installStep({ service, paths }: CheckContext, { supervisor, system }: OurService): CommandStep {
  const profile = paths.profile === "default" ? [] : ["--profile", paths.profile];
  const words = [...profile, "gateway", "install", "--force", ...(system ? ["--system"] : [])];
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
    const found = await Promise.all((await servicesOf(context)).map((service) => downOf(context, service)));
    return found.flat();
  },
};

async function downOf(context: CheckContext, { supervisor, system }: OurService): Promise<Found[]> {
  const state = await supervisor.inspect();
  if (!state.installed) return [];
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
  const [sudo, flags] = system ? ["sudo ", " --system"] : ["", ""];
  return [
    {
      evidence: `${state.name}: ${state.detail}`,
      fix: `${sudo}openclaw gateway start${flags}; its log: ${supervisor.logHint()}`,
      undo: `${sudo}openclaw gateway stop${flags}`,
    },
  ];
}

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

interface OurService {
  supervisor: Supervisor;
  /** The machine's own, not the user's. */
  system: boolean;
}

/** The user's service, and the machine's where one runs on this state directory. */
async function servicesOf(context: CheckContext): Promise<OurService[]> {
  const own = supervisorOf(context);
  if (!own || !context.service) return [];
  const services: OurService[] = [{ supervisor: own, system: false }];
  const { service, paths, signal } = context;
  if (detectSupervisor(service.host, true) !== "systemd-system") return services;
  const { profile, stateDir } = paths;
  const machine = resolveGatewayService(service.host, { profile, stateDir, system: true, signal });
  if (!look(machine.definitionPath)) return services;
  const { facts } = await machine.inspect();
  if (facts?.stateDir === stateDir) services.push({ supervisor: machine, system: true });
  return services;
}

/** SVC-040 to SVC-042: a distribution without systemd cannot keep a gateway running. */
export const wsl: Check = {
  id: "wsl",
  title: "This WSL distribution runs without systemd",
  severity: "info",
  surface: "doctor",
  mends: "by hand, in Windows: the steps in the finding",
  inspect({ service }) {
    if (!service || service.host.wsl === null || service.host.systemdBooted) return [];
    return [
      {
        evidence: `${service.host.wsl} has no service manager: the gateway runs only while a terminal is open`,
        fix: 'put "[boot]" and "systemd=true" into /etc/wsl.conf, run `wsl --shutdown` in Windows, then: openclaw gateway install',
        undo: "remove the two lines from /etc/wsl.conf, and run `wsl --shutdown`",
      },
    ];
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
    // Whose service it is was decided when it was installed.
    ...(facts.account === null ? {} : { account: { user: facts.account, group: facts.account } }),
  });
}

const secretOf = (value: string | undefined): Secret | null => (value ? new Secret(value) : null);
