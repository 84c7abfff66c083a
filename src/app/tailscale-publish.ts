import type { Logger } from "../core/logger.ts";
import type { CommandResult, Tailscale } from "./tailscale.ts";

/** Milliseconds: the first `serve` of a machine may have to fetch a certificate. */
const publishTimeoutMs = 30_000;
const undoTimeoutMs = 5000;

export interface Publication {
  /** Settles when Tailscale answered, well or not. Never rejects. */
  done: Promise<void>;
  /** Gives up what still runs and, with `resetOnExit`, takes the rule back. Never rejects. */
  stop(): Promise<void>;
}

/**
 * Publishes the port through `tailscale serve` (to the tailnet) or `tailscale funnel` (to the internet), beside the
 * running gateway: what goes wrong is logged with its remedy and stops nothing (CFG-015, CONF-22).
 */
export function publishGateway(options: {
  tailscale: Tailscale;
  mode: "off" | "serve" | "funnel";
  port: number;
  /** Whether the gateway's own port speaks TLS. */
  tls: boolean;
  resetOnExit: boolean;
  logger: Logger;
}): Publication {
  const { tailscale, mode, port, tls, resetOnExit } = options;
  if (mode === "off") return { done: Promise.resolve(), stop: () => Promise.resolve() };
  const logger = options.logger.child("tailscale");
  const stopping = new AbortController();
  // Serve reaches us through loopback, where the name in the certificate is nobody's.
  const target = tls ? `https+insecure://127.0.0.1:${port}` : String(port);
  const command = `tailscale ${mode} --bg ${target}`;
  let published = false;

  const publish = async () => {
    const result = await tailscale.run([mode, "--bg", target], {
      timeoutMs: publishTimeoutMs,
      signal: stopping.signal,
    });
    if (result?.ok !== true) {
      if (stopping.signal.aborted) return;
      return logger.error(`not published through Tailscale ${mode}`, {
        error: reasonOf(result),
        hint: remedy(result, command),
      });
    }
    published = true;
    const name = (await tailscale.self())?.dnsName;
    logger.info(
      name
        ? `published through Tailscale ${mode}: https://${name}/`
        : `published through Tailscale ${mode}; see the address with \`tailscale ${mode} status\``,
      { mode, port },
    );
  };
  const done = publish().catch((error: unknown) => {
    if (!stopping.signal.aborted) {
      logger.error(`not published through Tailscale ${mode}`, { error: String(error), hint: command });
    }
  });
  return {
    done,
    async stop() {
      stopping.abort();
      await done;
      if (!published || !resetOnExit) return;
      // Only our rule: `reset` would take away what others serve on this machine.
      const result = await tailscale.run([mode, "--https=443", "off"], { timeoutMs: undoTimeoutMs });
      if (result?.ok === true) return logger.info(`no longer published through Tailscale ${mode}`);
      logger.error(`still published through Tailscale ${mode}`, {
        error: reasonOf(result),
        hint: `tailscale ${mode} --https=443 off`,
      });
    },
  };
}

function reasonOf(result: CommandResult | null): string {
  if (result === null) return "the tailscale command was not found";
  const said = result.said.split("\n").find((line) => line.trim() !== "") ?? "";
  const text = said.slice(0, 300) || "it gave no reason";
  return result.timedOut ? `no answer in time (${text})` : text;
}

function remedy(result: CommandResult | null, command: string): string {
  if (result === null) {
    return "install Tailscale (https://tailscale.com/download), or: openclaw config set gateway.tailscale.mode off";
  }
  const { said } = result;
  // Serve, Funnel and HTTPS have to be switched on once per tailnet: the command prints where.
  const link = /https:\/\/login\.tailscale\.com\/\S+/.exec(said)?.[0];
  if (link !== undefined) return `open ${link}, then restart the gateway: openclaw gateway restart`;
  if (/access denied|permission|operator/i.test(said)) {
    return "sudo tailscale set --operator=$USER, then: openclaw gateway restart";
  }
  if (/not running|stopped|logged out|needslogin|failed to connect/i.test(said)) {
    return "tailscale up, then: openclaw gateway restart";
  }
  return `run it by hand to see more: ${command}`;
}
