import { sleep } from "../../../core/clock.ts";
import { OpenClawError, UserError } from "../../../core/errors.ts";
import { isObject } from "../../../core/json.ts";
import type { CommandBody, CommandContext } from "../../contract.ts";
import { tildePath } from "../../format.ts";
import { checkGatewayUrl } from "../../globals.ts";
import { newestLogFile, rawLogTail } from "../../local-facts.ts";
import { renderLogLine } from "../../log-lines.ts";
import { flag, integer } from "../../options.ts";
import { isOwnGateway, resolveTarget } from "../../target.ts";

const maxBytes = 250_000;

export const run: CommandBody = async (context, _args, options) => {
  const { out, clock, signal } = context;
  const limit =
    integer(options, "limit", { min: 1, max: 5000 }) ??
    integer(options, "tail", { min: 1, max: 5000, default: 200 });
  const interval = integer(options, "interval", { min: 100, max: 60_000, default: 1000 });
  const json = flag(options, "json");
  const style = out.isTTY && !flag(options, "plain") ? out.style : undefined;
  const print = (lines: string[]) => {
    for (const line of lines) {
      if (json) out.write(`${line}\n`);
      else out.line(renderLogLine(line, style));
    }
  };
  const client = await context.connect().catch(async (error: unknown) => {
    // What a gateway that did not start has to say about it lies in the file.
    if (isDown(error) && (await asksOwnGateway(context))) print(await rawLogTail(context, limit));
    return withLogFile(context, error);
  });
  let closed: string | null = null;
  client.onClose((_code, reason) => {
    closed = reason || "the connection ended";
  });
  const tail = async (cursor?: number) => {
    const params = { limit, maxBytes, ...(cursor === undefined ? {} : { cursor }) };
    const answer = await client.call("logs.tail", params, { signal });
    const chunk = isObject(answer) ? answer : {};
    return {
      lines: Array.isArray(chunk.lines) ? chunk.lines.map(String) : [],
      cursor: typeof chunk.cursor === "number" ? chunk.cursor : undefined,
      truncated: chunk.truncated === true,
      reset: chunk.reset === true,
    };
  };
  try {
    let chunk = await tail();
    print(chunk.lines);
    while (flag(options, "follow") && !signal.aborted) {
      await sleep(clock, interval, signal);
      chunk = await tail(chunk.cursor);
      if (chunk.reset && !json) out.note("(some lines were skipped)");
      print(chunk.lines);
    }
  } catch (error) {
    if (signal.aborted) return 130;
    if (closed !== null)
      return await withLogFile(
        context,
        new UserError("CONNECTION_CLOSED", `the gateway went away: ${closed}`),
      );
    throw error;
  } finally {
    client.close();
  }
};

const isDown = (error: unknown): error is OpenClawError =>
  error instanceof OpenClawError && /GATEWAY_UNREACHABLE|CONNECTION_CLOSED/.test(error.code);

/** Whether the gateway meant is the one whose log lies in this state directory. */
async function asksOwnGateway(context: CommandContext): Promise<boolean> {
  const { config } = await context.settings();
  const { url } = context.globals;
  const target = resolveTarget({
    url: url === undefined ? undefined : checkGatewayUrl(url),
    env: context.env,
    config,
    running: await context.runningGateway(),
  });
  return isOwnGateway(target);
}

/** When the gateway is down the file still is there: say where (HID-027). */
async function withLogFile(context: CommandContext, error: unknown): Promise<never> {
  if (!isDown(error) || !(await asksOwnGateway(context))) throw error;
  const file = await newestLogFile(context);
  const shown = file ? tildePath(file, context.paths.home) : null;
  throw new UserError(error.code, error.message, {
    hint: shown
      ? `the log file is ${shown}: \`tail -n 50 ${shown}\``
      : `there is no log file in ${tildePath(context.paths.logsDir, context.paths.home)} yet; start the gateway with \`openclaw gateway\``,
    cause: error,
  });
}
