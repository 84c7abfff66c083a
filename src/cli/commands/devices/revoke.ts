import type { CommandBody } from "../../contract.ts";
import { flag, text } from "../../options.ts";
import { onDevice } from "./devices.ts";

export const run: CommandBody = async (context, [prefix = ""], options) => {
  const role = text(options, "role") ?? "operator";
  const answer = await onDevice(context, {
    prefix,
    key: "deviceId",
    method: "device.token.revoke",
    params: { role },
  });
  if (flag(options, "json")) return context.out.json(answer);
  context.out.line(`Revoked the ${role} token of ${String(answer.deviceId)}.`);
};
