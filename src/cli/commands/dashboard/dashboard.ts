import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { resolveCredentials, resolveTarget, setting } from "../../target.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { env, out } = context;
  const { config } = (await context.openConfig()).read();
  const running = await context.runningGateway();
  const target = resolveTarget({ url: context.globals.url, env, config, running });
  const { token } = resolveCredentials({ target, env, config });
  const basePath = setting(config, "gateway.controlUi.basePath");
  const url = new URL(target.url.replace(/^ws/, "http"));
  url.pathname = typeof basePath === "string" && basePath ? `${basePath.replace(/\/+$/, "")}/` : "/";
  if (token) url.searchParams.set("token", token.reveal());
  if (flag(options, "json")) return out.json({ url: url.href });
  out.line(url.href);
  if (!token && setting(config, "gateway.auth.mode") !== "off")
    out.note("No token is configured here: the page will ask for one.");
  if (!running && target.from === "configuration")
    out.note("The gateway is not running: start it with `openclaw gateway`.");
};
