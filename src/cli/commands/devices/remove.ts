import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { onDevice } from "./devices.ts";

export const run: CommandBody = async (context, [prefix = ""], options) => {
  const answer = await onDevice(context, { prefix, key: "deviceId", method: "device.pair.remove" });
  if (flag(options, "json")) return context.out.json(answer);
  context.out.line(`Forgot ${String(answer.deviceId)}.`);
};
