import { isObject } from "../../../core/json.ts";
import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { accountsOf, knownChannels, sectionOf } from "./desk.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out } = context;
  const channels = await knownChannels(context);
  const { parsed } = (await context.openConfig()).read();
  const rows = channels.map(({ id, label, credentials, can }) => ({
    channel: id,
    label,
    accounts: accountsOf(sectionOf(isObject(parsed) ? parsed : {}, id)),
    wants: can.includes("login")
      ? ["channels login"]
      : credentials.map(({ flag: name, optional }) => (optional ? `[${name}]` : name)),
  }));
  if (flag(options, "json")) return out.json({ channels: rows });
  out.table(
    rows.map(({ channel, label, accounts, wants }) => ({
      channel,
      name: label,
      accounts: accounts.join(", ") || "-",
      "to add": wants.join(" ") || "-",
    })),
  );
};
