import type { ChannelInfo } from "../../../app/contract.ts";
import { UsageError, UserError } from "../../../core/errors.ts";
import { isObject, type JsonObject } from "../../../core/json.ts";
import type { CommandContext } from "../../contract.ts";
import { text } from "../../options.ts";

type Options = Record<string, unknown>;

/** Every channel there is, plug-ins too. */
export async function knownChannels(context: CommandContext): Promise<ChannelInfo[]> {
  const { config } = (await context.openConfig()).read();
  return (await context.app()).listChannels({ config, paths: context.paths });
}

/** The channel `--channel` names. @throws UsageError when it is missing; UserError CHANNEL_UNKNOWN. */
export async function channelOf(context: CommandContext, options: Options): Promise<ChannelInfo> {
  const channels = await knownChannels(context);
  const id = text(options, "channel");
  if (id === undefined)
    throw new UsageError("--channel is missing", {
      hint: `one of: ${channels.map((each) => each.id).join(", ")}`,
    });
  const found = channels.find((each) => each.id === id.toLowerCase());
  if (found) return found;
  throw new UserError("CHANNEL_UNKNOWN", `there is no channel ${JSON.stringify(id)}`, {
    hint: `one of: ${channels.map((each) => each.id).join(", ")}`,
  });
}

/**
 * The channel `--channel` names, or the only configured one that is logged in to (CLI-023: the documents name none).
 * @throws UsageError when there is none or more than one; UserError CHANNEL_UNKNOWN.
 */
export async function loginChannelOf(context: CommandContext, options: Options): Promise<ChannelInfo> {
  if (text(options, "channel") !== undefined) return channelOf(context, options);
  const { parsed } = (await context.openConfig()).read();
  const able = (await knownChannels(context)).filter(({ can }) => can.includes("login"));
  const configured = able.filter(({ id }) => sectionOf(parsed, id).exists);
  const [only] = configured;
  if (only && configured.length === 1) return only;
  const which = (configured.length > 0 ? configured : able).map(({ id }) => id).join(", ");
  throw new UsageError("--channel is missing", {
    hint:
      configured.length > 0 ? `one of: ${which}` : `one of: ${which}; \`openclaw channels add\` comes first`,
  });
}

/** @throws UsageError for a name that cannot be a key or a folder. */
export function accountOf(options: Options): string {
  const account = text(options, "account") ?? "default";
  if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/.test(account)) return account;
  throw new UsageError(`account name ${JSON.stringify(account.slice(0, 80))} is not valid`, {
    hint: "use letters, digits, - and _",
  });
}

/** What the file says of a channel: its own keys, and its accounts where it has several. */
export function sectionOf(
  config: unknown,
  channel: string,
): { exists: boolean; shared: JsonObject; accounts: Record<string, JsonObject> | null } {
  const channels = isObject(config) && isObject(config.channels) ? config.channels : {};
  const section = channels[channel];
  if (!isObject(section)) return { exists: false, shared: {}, accounts: null };
  const { accounts, ...shared } = section;
  return {
    exists: true,
    shared: shared as JsonObject,
    accounts: isObject(accounts) ? (accounts as Record<string, JsonObject>) : null,
  };
}

/** Names of the accounts a section configures. */
export function accountsOf(section: ReturnType<typeof sectionOf>): string[] {
  if (!section.exists) return [];
  return section.accounts ? Object.keys(section.accounts) : ["default"];
}
