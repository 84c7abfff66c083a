import { UserError } from "../../../core/errors.ts";
import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { noteFor } from "../../config-changes.ts";
import { accountOf, accountsOf, channelOf, sectionOf } from "./desk.ts";

export const run: CommandBody = async (context, _args, options) => {
  const channel = await channelOf(context, options);
  const account = accountOf(options);
  const store = await context.openConfig();
  const section = sectionOf(store.read().parsed, channel.id);
  if (!accountsOf(section).includes(account))
    throw new UserError("CHANNEL_UNKNOWN", `there is no account ${channel.id}/${account}`, {
      hint: "openclaw channels list",
    });
  const isLast = accountsOf(section).length === 1;
  store.merge(
    { channels: { [channel.id]: isLast ? null : { accounts: { [account]: null } } } },
    noteFor(`channels remove ${channel.id}/${account}`),
  );
  if (flag(options, "json")) return context.out.json({ channel: channel.id, account, removed: true });
  context.out.line(`Removed ${channel.label} account ${account} from ${store.path}`);
};
