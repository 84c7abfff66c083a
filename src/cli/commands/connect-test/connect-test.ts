import { UsageError } from "../../../core/errors.ts";
import { displayUrl } from "../../../client/url.ts";
import type { CommandBody, CommandContext } from "../../contract.ts";
import { checkGatewayUrl } from "../../globals.ts";
import { flag, integer, text } from "../../options.ts";
import { resolveTls } from "../../target-tls.ts";
import { resolveCredentials, resolveTarget } from "../../target.ts";
import { walkHops, type Hop, type Walk } from "./hops.ts";
import { httpStep } from "./http-hop.ts";
import { loginStep } from "./login-hop.ts";
import { dnsStep, tcpStep, tlsStep } from "./reach.ts";
import { originStep, upgradeStep } from "./socket-hop.ts";

/** Exit status 0 when every hop is well, 1 when one is not. */
export const run: CommandBody = async (context, args, options) => {
  const { config } = await context.settings();
  const given = args[0] ?? context.globals.url;
  const explicit = given === undefined ? undefined : checkGatewayUrl(given);
  const target = resolveTarget({
    url: explicit,
    env: context.env,
    config,
    running: explicit === undefined ? await context.runningGateway() : null,
  });
  const token = text(options, "token");
  const password = text(options, "password");
  const credentials = resolveCredentials({ target, token, password, env: context.env, config });
  const timeoutMs = integer(options, "timeout", { min: 1, max: 600_000, default: 5000 });
  const url = new URL(target.url);
  // As typed but for what may be secret: a slash at the end makes a difference to proxies.
  url.search = "";
  url.hash = "";
  const secure = url.protocol === "wss:";
  const own = `${secure ? "https" : "http"}://${url.host}`;
  const origin = checkOrigin(text(options, "origin")) ?? own;
  const walk: Walk = {
    url,
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: Number(url.port || (secure ? 443 : 80)),
    secure,
    trust: secure ? resolveTls({ target, config, stateDir: context.paths.stateDir }) : null,
    origin,
    ownPage: origin === own,
    version: context.version,
    timeoutMs,
    clock: context.clock,
    signal: context.signal,
  };
  const login = loginStep({
    credentials,
    connect: (scopes) =>
      context.connect({
        url: target.url,
        // Not looked up again: an address given by hand gets what belongs to the target that was found.
        ...(credentials.token ? { token: credentials.token.reveal() } : {}),
        ...(credentials.password ? { password: credentials.password.reveal() } : {}),
        ...(walk.trust === null ? {} : { tls: walk.trust }),
        timeoutMs,
        mode: "probe",
        scopes,
      }),
  });
  const hops = await walkHops(walk, [dnsStep, tcpStep, tlsStep, httpStep, upgradeStep, originStep, login]);
  const broken = hops.find(({ state }) => state === "failed");
  const shown = displayUrl(target.url);
  if (flag(options, "json")) context.out.json(asJson(shown, target.from, hops, broken));
  else print(context, `${shown} (from ${target.from})`, hops, broken);
  return broken ? 1 : 0;
};

function checkOrigin(given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  if (/^https?:\/\//i.test(given) && URL.canParse(given)) return new URL(given).origin;
  throw new UsageError(`--origin ${JSON.stringify(given)} is not an origin`, {
    hint: "give it like https://panel.example",
  });
}

function asJson(url: string, from: string, hops: Hop[], broken: Hop | undefined): object {
  return {
    ok: broken === undefined,
    url,
    from,
    hops: hops.map(({ hop, state, detail }) => ({ hop, state, detail })),
    failed: broken?.trouble ? { hop: broken.hop, ...broken.trouble } : null,
  };
}

function print({ out }: CommandContext, target: string, hops: Hop[], broken: Hop | undefined): void {
  const { style } = out;
  const marks = {
    ok: style.green("✓"),
    skipped: style.dim("-"),
    failed: style.red("✗"),
    "not tried": style.dim("·"),
  };
  out.line(style.bold(`Way to ${target}`));
  for (const { hop, state, detail } of hops) {
    if (state !== "not tried") out.line(`${marks[state]} ${hop.padEnd(9)} ${detail}`);
  }
  out.line();
  if (broken?.trouble === undefined) return out.line(style.green("All well."));
  out.line(style.red(`First thing wrong: ${broken.hop} (${broken.trouble.code})`));
  out.line(`hint: ${broken.trouble.hint}`);
}
