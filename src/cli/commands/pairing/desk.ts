import { isObject } from "../../../core/json.ts";
import { UserError } from "../../../core/errors.ts";
import type { CommandContext } from "../../contract.ts";
import { text } from "../../options.ts";
import { isOwnGateway, resolveTarget } from "../../target.ts";

type Answer = Record<string, unknown>;
type Verb = "list" | "approve" | "reject" | "revoke";

/**
 * Asks the gateway; with none running on this state directory its pairing files are read and written directly, so that
 * somebody can be let in before the first start.
 */
export async function askDesk(context: CommandContext, verb: Verb, params: Answer): Promise<Answer> {
  const running = await context.runningGateway();
  const { config } = await context.settings();
  const target = resolveTarget({ url: context.globals.url, env: context.env, config, running });
  if (running === null && isOwnGateway(target)) return askFiles(context, verb, params);
  const client = await context.connect();
  try {
    const answer = await client.call(`channels.pairing.${verb}`, params, { signal: context.signal });
    return isObject(answer) ? answer : {};
  } finally {
    client.close();
  }
}

async function askFiles(context: CommandContext, verb: Verb, params: Answer): Promise<Answer> {
  if (params["notify"] === true)
    throw new UserError("GATEWAY_DOWN", "nobody can be notified while no gateway runs", {
      hint: "start it with `openclaw gateway start`, or leave out --notify",
    });
  const pairing = await (await context.app()).openPairing({ paths: context.paths, env: context.env });
  const { config } = (await context.openConfig()).read();
  const hasOwner = () => config.commands.ownerAllowFrom.length > 0 || pairing.list().hasOwner;
  const filter = { channel: text(params, "channel"), account: text(params, "account") };
  const code = text(params, "code") ?? "";
  const by = "cli";
  switch (verb) {
    case "list":
      return { ...pairing.list(filter), hasOwner: hasOwner() };
    case "approve": {
      const { channel, account, id, name, owner } = pairing.approve(code, {
        ...filter,
        owner: params["owner"] === true,
        by,
      });
      return { approved: { channel, account, id, name, owner }, hasOwner: hasOwner() };
    }
    case "reject": {
      const { channel, account, id, name } = pairing.reject(code, { ...filter, by });
      return { rejected: { channel, account, id, name } };
    }
    case "revoke":
      return { revoked: pairing.revoke(text(params, "id") ?? "", filter) };
  }
}

/** `<code>` or `<channel> <code>`, and the options that say where. */
export function codeParams(args: readonly string[], options: Record<string, unknown>): Answer {
  const [first = "", second = ""] = args;
  return {
    ...placeParams(options),
    ...(second === "" ? { code: first } : { channel: first, code: second }),
  };
}

export function placeParams(options: Record<string, unknown>): Answer {
  return Object.fromEntries(
    ["channel", "account"].flatMap((name) => {
      const value = text(options, name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** A sender as one line: `Anna (123) on telegram`. */
export function personOf(value: unknown): string {
  const row = isObject(value) ? value : {};
  const [channel, account, id, name] = ["channel", "account", "id", "name"].map((key) => row[key]);
  const where = account === "default" ? String(channel) : `${String(channel)}/${String(account)}`;
  return typeof name === "string" ? `${name} (${String(id)}) on ${where}` : `${String(id)} on ${where}`;
}
