import type { CommandBody } from "../../contract.ts";
import { control } from "./control.ts";

export const run: CommandBody = (context, _args, options) =>
  control(context, { action: "uninstall", options });
