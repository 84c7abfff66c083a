import { join } from "node:path";
import { openDeviceIdentity, openDeviceTokens } from "../../../client/identity/index.ts";
import { codeOf, UserError } from "../../../core/errors.ts";
import { Secret } from "../../../core/secret.ts";
import { searchPath } from "../../../guard/index.ts";
import {
  configuredExec,
  createExecApprovalsFile,
  nodeCommands,
  openNodeFile,
  runNodeHost,
  type HostState,
} from "../../../node-host/index.ts";
import { holdExclusiveLock, prepareStateDir } from "../../../state/index.ts";
import type { CommandBody, CommandContext } from "../../contract.ts";
import { text } from "../../options.ts";
import { isLoopbackUrl, resolveCredentials, type Credentials } from "../../target.ts";
import { nodeFileOf, nodeSettings, readSetupCode } from "./settings.ts";
import { openStatusFile, type NodeStatus } from "../../node-status-file.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { paths, out, clock } = context;
  prepareStateDir(paths);
  const lock = holdIdentity(paths.stateDir);
  const file = openNodeFile(paths.stateDir);
  const settings = await nodeSettings(context, options, file.read());
  const config = await context.openConfig();
  const now = clock.now();
  const device = openDeviceIdentity({ identityDir: paths.identityDir, now });
  const credentials = await credentialsFor(context, options, settings.url);
  const { caps, commands } = nodeCommands({
    clock,
    settings: () => configuredExec(config.read().config.tools.exec),
    approvals: createExecApprovalsFile({ path: paths.execApprovalsPath }),
    environment: context.env,
    home: paths.home,
    shares: settings.shares,
    denied: [paths.stateDir],
  });
  file.write(nodeFileOf(settings));

  const status = openStatusFile(paths.stateDir);
  const tell = (state: NodeStatus["state"], detail: string | null) =>
    status.write({
      pid: process.pid,
      state,
      url: settings.url,
      version: context.version,
      at: clock.now(),
      detail,
    });
  let said = "";
  const onState = (state: HostState) => {
    const { line, detail } = describe(state);
    tell(state.state, detail);
    if (line === said || state.state === "connecting") return;
    said = line;
    out.line(line);
  };

  out.line(`Node ${settings.displayName} (${device.id.slice(0, 16)}) for ${settings.url}`);
  out.line(`Offers ${Object.keys(commands).join(", ")}`);
  try {
    await runNodeHost({
      connect: {
        url: settings.url,
        auth: {
          ...(credentials.token ? { token: credentials.token } : {}),
          ...(credentials.password ? { password: credentials.password } : {}),
        },
        client: {
          id: "node-host",
          mode: "node",
          displayName: settings.displayName,
          version: context.version,
          platform: process.platform,
          instanceId: device.id,
        },
        device,
        deviceTokens: openDeviceTokens({
          identityDir: join(paths.identityDir, "node"),
          deviceId: device.id,
          now: () => clock.now(),
        }),
        pathEnv: searchPath(config.read().config.tools.exec.pathPrepend).join(":"),
        ...(settings.tlsFingerprint === null ? {} : { tls: { fingerprint: settings.tlsFingerprint } }),
      },
      nodeId: device.id,
      caps,
      commands,
      clock,
      signal: context.signal,
      onState,
      onProblem: (message) => out.note(message),
    });
  } finally {
    tell("stopped", null);
    lock.release();
  }
  // Ended by a signal, as a service is: that is no failure.
  return 0;
};

/** One host per identity: two would take the connection from each other for ever. */
function holdIdentity(stateDir: string): { release(): void } {
  try {
    return holdExclusiveLock(join(stateDir, "node.lock"), 0);
  } catch (error) {
    if (codeOf(error) !== "STATE_BUSY") throw error;
    throw new UserError("NODE_RUNNING", "a node host of this state directory runs already", {
      hint: "openclaw node status",
      cause: error,
    });
  }
}

/** A secret of this machine's own configuration is for its own gateway (target.ts says where each may go). */
async function credentialsFor(
  context: CommandContext,
  options: Record<string, unknown>,
  url: string,
): Promise<Credentials> {
  const code = text(options, "setupCode");
  if (code !== undefined)
    return { token: new Secret(readSetupCode(code).token), password: null, from: "the setup code" };
  const { config } = await context.settings();
  return resolveCredentials({
    target: { url, from: "--url", local: isLoopbackUrl(url) },
    token: text(options, "token"),
    password: text(options, "password"),
    env: context.env,
    config,
  });
}

function describe(state: HostState): { line: string; detail: string | null } {
  switch (state.state) {
    case "connecting":
      return { line: `Connecting to ${state.url}`, detail: null };
    case "waiting":
      return {
        line: `Waiting to be let in; on the gateway's machine: openclaw devices approve ${state.requestId}`,
        detail: state.requestId,
      };
    case "connected":
      return { line: `Connected to ${state.url}`, detail: null };
    case "retrying":
      return { line: `Not connected: ${state.reason}; trying again`, detail: state.reason };
  }
}
