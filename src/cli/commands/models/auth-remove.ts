import { UserError } from "../../../core/errors.ts";
import type { CommandBody } from "../../contract.ts";
import { flag, text } from "../../options.ts";
import { openDesk, requiredProvider } from "./desk.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out } = context;
  const id = `${requiredProvider(options)}:${text(options, "profile") ?? "default"}`;
  const desk = await openDesk(context);
  if (!desk.remove(id)) {
    throw new UserError("CREDENTIAL_MISSING", `there is no stored login ${id}`, {
      hint: "openclaw models auth list",
    });
  }
  if (flag(options, "json")) return out.json({ ok: true, removed: id });
  out.line(`Removed login ${id}.`);
};
