import type { CommandBody } from "../../contract.ts";
import { flag, text } from "../../options.ts";
import { onDevice } from "./devices.ts";

export const run: CommandBody = async (context, [prefix = ""], options) => {
  const role = text(options, "role") ?? "operator";
  const answer = await onDevice(context, {
    prefix,
    key: "deviceId",
    method: "device.token.rotate",
    params: { role },
  });
  if (flag(options, "json")) return context.out.json(answer);
  context.out.note(`The new ${role} token of ${String(answer.deviceId)}; it is shown only now:`);
  context.out.line(String(answer.token));
};
