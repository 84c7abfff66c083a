import type { LoginStep } from "../../../app/contract.ts";
import { UserError } from "../../../core/errors.ts";
import { isObject } from "../../../core/json.ts";
import type { CommandBody, CommandContext } from "../../contract.ts";
import { flag, text } from "../../options.ts";
import { accountOf, accountsOf, loginChannelOf, sectionOf } from "./desk.ts";

interface Wish {
  channel: string;
  account: string;
  force: boolean;
  phoneNumber: string | undefined;
}

export const run: CommandBody = async (context, _args, options) => {
  const channel = await loginChannelOf(context, options);
  const wish: Wish = {
    channel: channel.id,
    account: accountOf(options),
    force: flag(options, "force"),
    phoneNumber: text(options, "phone"),
  };
  const section = sectionOf((await context.openConfig()).read().parsed, channel.id);
  if (!accountsOf(section).includes(wish.account))
    throw new UserError("CHANNEL_UNKNOWN", `there is no account ${channel.id}/${wish.account}`, {
      hint: `openclaw channels add --channel ${channel.id}${wish.account === "default" ? "" : ` --account ${wish.account}`}`,
    });
  const message = (await context.runningGateway())
    ? await throughGateway(context, wish)
    : await here(context, wish, { ...section.shared, ...section.accounts?.[wish.account] });
  if (flag(options, "json"))
    context.out.json({ channel: wish.channel, account: wish.account, connected: true, message });
  else context.out.line(`${channel.label}: ${message}`);
};

async function throughGateway(context: CommandContext, wish: Wish): Promise<string> {
  const client = await context.connect();
  const { signal } = context;
  try {
    const place = { channel: wish.channel, accountId: wish.account };
    let view = viewOf(
      await client.call(
        "channels.login.start",
        {
          ...place,
          ...(wish.force ? { force: true } : {}),
          ...(wish.phoneNumber === undefined ? {} : { phoneNumber: wish.phoneNumber }),
        },
        { signal, timeoutMs: 30_000 },
      ),
    );
    let shown = -1;
    while (!view.result) {
      if (view.step && view.version !== shown) await show(context, view.step);
      shown = view.version;
      view = viewOf(
        await client.call(
          "channels.login.wait",
          { ...place, version: view.version, timeoutMs: 30_000 },
          { signal, timeoutMs: 45_000 },
        ),
      );
    }
    if (view.result.connected) return view.result.message;
    throw new UserError("LOGIN_FAILED", view.result.message, {
      hint: `openclaw channels login --channel ${wish.channel} --force`,
    });
  } finally {
    client.close();
  }
}

async function here(context: CommandContext, wish: Wish, config: Record<string, unknown>): Promise<string> {
  const { paths, signal } = context;
  const { plugins } = (await context.openConfig()).read().config;
  let showing = Promise.resolve();
  const { identity } = await (
    await context.app()
  ).loginChannel({
    paths,
    channel: wish.channel,
    account: wish.account,
    config: config as Parameters<Awaited<ReturnType<CommandContext["app"]>>["loginChannel"]>[0]["config"],
    plugins,
    force: wish.force,
    ...(wish.phoneNumber === undefined ? {} : { phoneNumber: wish.phoneNumber }),
    signal,
    show: (step) => void (showing = showing.then(() => show(context, step))),
  });
  await showing;
  return `logged in as ${identity}`;
}

/** On standard error, so that `--json` stays what it is. */
async function show({ out }: CommandContext, step: LoginStep): Promise<void> {
  if (step.kind === "note") return out.note(step.text);
  if (step.kind === "code") return out.note(`Type this code on your phone: ${step.code}`);
  const { renderUnicodeCompact } = await import("uqr");
  out.note(`\n${renderUnicodeCompact(step.data)}\nScan this code in the app: Settings, Linked devices.`);
}

function viewOf(answer: unknown): {
  version: number;
  step: LoginStep | null;
  result: { connected: boolean; message: string } | null;
} {
  const view = isObject(answer) ? answer : {};
  return {
    version: typeof view.version === "number" ? view.version : 0,
    step: isObject(view.step) ? (view.step as unknown as LoginStep) : null,
    result: isObject(view.result)
      ? { connected: view.result.connected === true, message: String(view.result.message) }
      : null,
  };
}
