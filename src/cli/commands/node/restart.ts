import type { CommandBody } from "../../contract.ts";
import { controlNode } from "./control.ts";

export const run: CommandBody = (context, _args, options) =>
  controlNode(context, { action: "restart", options });
