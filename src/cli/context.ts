import type { GatewayClient } from "../client/contract.ts";
import type { ConfigStore, KnownSettings } from "../config/contract.ts";
import { systemClock, type Clock } from "../core/clock.ts";
import { checkGatewayUrl, type Globals } from "./globals.ts";
import { connectError } from "./connect-errors.ts";
import type { CommandContext, Output } from "./contract.ts";
import { packageVersion } from "./package-info.ts";
import type { Env, Platform } from "./platform.ts";
import { resolveCredentials, resolveTarget, type RunningGateway } from "./target.ts";

type ConnectWish = NonNullable<Parameters<CommandContext["connect"]>[0]>;

export interface OpenedContext {
  context: CommandContext;
  /** Closes every connection the command left open. */
  close: () => void;
}

/** What a command body is given. Nothing is read or opened before the body asks for it, except the `.env` file. */
export async function openContext(options: {
  globals: Globals;
  env: Env;
  out: Output;
  signal: AbortSignal;
  stdin: () => NodeJS.ReadStream;
  platform: Platform;
  clock?: Clock;
}): Promise<OpenedContext> {
  const { globals, out, signal, stdin, platform } = options;
  const paths = await platform.resolvePaths({
    ...(globals.profile === undefined ? {} : { profile: globals.profile }),
    dev: globals.dev,
    env: options.env,
  });
  const env = await platform.loadEnv(paths, options.env);
  const clients = new Set<GatewayClient>();
  const version = packageVersion();
  let store: Promise<ConfigStore> | undefined;
  const openConfig = () => (store ??= platform.openConfig(paths, env));
  const settings = async () => (await platform.quickSettings(paths, env)) ?? (await openConfig()).read();
  const context: CommandContext = {
    paths,
    env,
    globals: {
      profile: paths.profile,
      verbose: globals.verbose,
      ...(globals.url === undefined ? {} : { url: globals.url }),
    },
    out,
    signal,
    get stdin() {
      return stdin();
    },
    version,
    clock: options.clock ?? systemClock,
    openConfig,
    settings,
    app: () => platform.app(),
    runningGateway: () => platform.runningGateway(paths),
    async connect(wanted = {}) {
      const { config } = await settings();
      const url = wanted.url ?? globals.url;
      const explicit = url === undefined ? undefined : checkGatewayUrl(url);
      // The lock is asked only when it can matter: an explicit address needs no look at this machine's files.
      const running = explicit ? null : await platform.runningGateway(paths);
      try {
        return await connectWith(config, { wanted, explicit, running });
      } catch (error) {
        if (running === null || signal.aborted) throw error;
        // It may run on another revision than the file's: one that worked, after starts that did not (RLD, the brake).
        const { provenConfig } = await import("./proven-config.ts");
        const proven = provenConfig(await openConfig(), paths.stateDir);
        if (proven === null) throw error;
        return connectWith(proven, { wanted, explicit, running }).catch(() => {
          throw error;
        });
      }
    },
  };

  async function connectWith(
    config: KnownSettings,
    how: { wanted: ConnectWish; explicit: string | undefined; running: RunningGateway | null },
  ): Promise<GatewayClient> {
    const { wanted, explicit, running } = how;
    const target = resolveTarget({ url: explicit, env, config, running });
    const credentials = resolveCredentials({
      target,
      token: wanted.token,
      password: wanted.password,
      env,
      config,
    });
    const mode = wanted.mode ?? "cli";
    try {
      const client = await platform.connect({
        url: target.url,
        token: credentials.token,
        password: credentials.password,
        client: { id: "cli", mode, version },
        scopes:
          wanted.scopes ??
          (mode === "probe"
            ? ["operator.admin"]
            : ["operator.admin", "operator.approvals", "operator.pairing"]),
        caps: wanted.caps ?? [],
        timeoutMs: wanted.timeoutMs ?? 10_000,
        tls:
          wanted.tls !== undefined
            ? wanted.tls
            : target.url.startsWith("ws:") && !config.gateway.remote?.tlsFingerprint
              ? null
              : (await import("./target-tls.ts")).resolveTls({ target, config, stateDir: paths.stateDir }),
        local: target.local,
        paths,
      });
      clients.add(client);
      client.onClose(() => clients.delete(client));
      return client;
    } catch (error) {
      throw connectError(error, {
        target,
        credentials,
        configPath: paths.configPath,
        verbose: globals.verbose,
      });
    }
  }
  return {
    context,
    close() {
      for (const client of clients) client.close();
    },
  };
}
