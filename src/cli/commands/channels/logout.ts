import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { callGateway } from "../../remote-options.ts";
import { isObject } from "../../../core/json.ts";
import { accountOf, loginChannelOf, sectionOf } from "./desk.ts";

export const run: CommandBody = async (context, _args, options) => {
  const channel = await loginChannelOf(context, options);
  const account = accountOf(options);
  const cleared = (await context.runningGateway())
    ? await throughGateway(context, channel.id, account)
    : await here(context, channel.id, account);
  if (flag(options, "json")) return context.out.json({ channel: channel.id, account, cleared });
  context.out.line(
    cleared ? `Logged out of ${channel.label} account ${account}` : "There was no login to remove.",
  );
};

async function throughGateway(
  context: Parameters<CommandBody>[0],
  channel: string,
  accountId: string,
): Promise<boolean> {
  const answer = await callGateway(context, {
    method: "channels.logout",
    params: { channel, accountId },
    options: { timeout: "30000" },
  });
  return isObject(answer) && answer.cleared === true;
}

async function here(context: Parameters<CommandBody>[0], channel: string, account: string): Promise<boolean> {
  const { parsed, config: all } = (await context.openConfig()).read();
  const section = sectionOf(parsed, channel);
  const { paths, signal } = context;
  const config = { ...section.shared, ...section.accounts?.[account] };
  const { plugins } = all;
  const app = await context.app();
  return (await app.logoutChannel({ paths, channel, account, config, plugins, signal })).cleared;
}
