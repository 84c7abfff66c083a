import type { CommandBody } from "../../contract.ts";
import { flag, text } from "../../options.ts";
import { channelOf, knownChannels } from "./desk.ts";

const settling: Record<string, string> = {
  dedupes: "repeats are dropped by key",
  queryable: "the platform is asked",
  unknown: "nobody knows: the operator decides (openclaw outbox)",
};

export const run: CommandBody = async (context, _args, options) => {
  const { out } = context;
  const all = await knownChannels(context);
  const channels = text(options, "channel") === undefined ? all : [await channelOf(context, options)];
  if (flag(options, "json"))
    return out.json({
      channels: channels.map(({ id, label, can, gaps, maxTextLength, maxMediaBytes, ambiguousSend }) => ({
        id,
        label,
        can,
        gaps,
        maxTextLength,
        maxMediaBytes,
        ambiguousSend,
      })),
    });
  for (const { id, label, can, gaps, maxTextLength, maxMediaBytes, ambiguousSend } of channels) {
    out.line(out.style.bold(`${label} (${id})`));
    out.pairs([
      ["  Can", can.join(", ")],
      ["  Message", `${maxTextLength} characters`],
      ["  File", `${Math.round(maxMediaBytes / 1_048_576)} MB`],
      ["  Lost answers", settling[ambiguousSend] ?? ambiguousSend],
    ]);
    for (const [gap, why] of Object.entries(gaps)) out.line(`  no ${gap}: ${why}`);
  }
};
