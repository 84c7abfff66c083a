import type { CommandBody } from "../../contract.ts";
import { switchSkill } from "./switch.ts";

export const run: CommandBody = (context, [name = ""], options) =>
  switchSkill(context, { name, enabled: true, options });
