import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { callGateway } from "../../remote-options.ts";

const body =
  (enabled: boolean): CommandBody =>
  async (context, _args, options) => {
    const answer = await callGateway(context, { method: "set-heartbeats", params: { enabled }, options });
    if (flag(options, "json")) return context.out.json(answer);
    context.out.line(`Heartbeats are ${enabled ? "on" : "off"}.`);
  };

export const enable = { run: body(true) };
export const disable = { run: body(false) };
