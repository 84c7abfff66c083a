import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { onDevice } from "./devices.ts";

export const run: CommandBody = async (context, [prefix = "", displayName = ""], options) => {
  const params = { displayName };
  const answer = await onDevice(context, { prefix, key: "deviceId", method: "device.rename", params });
  if (flag(options, "json")) return context.out.json(answer);
  context.out.line(`Renamed to ${displayName}`);
};
