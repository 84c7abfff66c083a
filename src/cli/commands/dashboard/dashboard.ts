import { messageOf } from "../../../core/errors.ts";
import { isObject } from "../../../core/json.ts";
import type { CommandBody, CommandContext } from "../../contract.ts";
import { flag } from "../../options.ts";
import { resolveCredentials, resolveTarget, setting } from "../../target.ts";
import { openBrowser } from "./open-browser.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { env, out } = context;
  const { config } = (await context.openConfig()).read();
  const running = await context.runningGateway();
  const target = resolveTarget({ url: context.globals.url, env, config, running });
  const { token } = resolveCredentials({ target, env, config });
  const basePath = setting(config, "gateway.controlUi.basePath");
  const page = new URL(target.url.replace(/^ws/, "http"));
  page.pathname = typeof basePath === "string" && basePath ? `${basePath.replace(/\/+$/, "")}/` : "/";
  const url = new URL(page);
  if (token) url.searchParams.set("token", token.reveal());
  const down = !running && target.from === "configuration";
  const once = down ? { problem: "the gateway is not running" } : await oneTime(context);
  const link = "ticket" in once ? `${page.href}#login=${once.ticket}` : null;
  if (flag(options, "json"))
    return out.json({
      url: url.href,
      ...("ticket" in once ? { link, code: once.code, expiresAtMs: once.expiresAtMs } : {}),
    });
  if (flag(options, "link")) {
    if (link !== null) return out.line(link);
    out.note(`There is no one-time link: ${"problem" in once ? once.problem : ""}`);
    return 1;
  }
  out.line(url.href);
  if ("ticket" in once) {
    out.note(`One-time link, good for 5 minutes:  ${link}`);
    out.note(`Or enter this code on the page:     ${once.code.replace(/(...)(...)/, "$1 $2")}`);
  }
  if (!token && setting(config, "gateway.auth.mode") !== "off" && link === null)
    out.note("No token is configured here: the page will ask for one.");
  if (down) out.note("The gateway is not running: start it with `openclaw gateway`.");
  else if ("problem" in once) out.note(`There is no one-time link: ${once.problem}`);
  if (link !== null && options["open"] !== false && out.isTTY) await show(context, link);
};

/** A way in for one browser, which works for any address the gateway is reached by. */
async function oneTime(
  context: CommandContext,
): Promise<{ ticket: string; code: string; expiresAtMs: number } | { problem: string }> {
  try {
    const client = await context.connect({ timeoutMs: 5_000 });
    const made = await client.call("login.code.create", {});
    if (!isObject(made)) return { problem: "the gateway gave none" };
    const { ticket, code, expiresAtMs } = made;
    return typeof ticket === "string" && typeof code === "string" && typeof expiresAtMs === "number"
      ? { ticket, code, expiresAtMs }
      : { problem: "the gateway gave none" };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

async function show(context: CommandContext, link: string): Promise<void> {
  try {
    if (await openBrowser(context, link)) context.out.note("Opened in your browser.");
  } catch (error) {
    context.out.note(`The browser could not be started: ${messageOf(error)}`);
  }
}
