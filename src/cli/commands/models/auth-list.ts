import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { openDesk } from "./desk.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out } = context;
  const logins = (await openDesk(context)).logins();
  if (flag(options, "json")) return out.json({ count: logins.length, logins });
  if (logins.length === 0) {
    out.line("No login is stored.");
    return out.note("Add one: openclaw models auth add");
  }
  out.table(
    logins.map((login) => ({
      profile: login.id,
      kind: login.kind.replace("_", " "),
      for: login.origin,
      stored: new Date(login.updatedAt).toISOString().slice(0, 10),
      expires: login.expiresAt === undefined ? "-" : new Date(login.expiresAt).toISOString().slice(0, 10),
    })),
  );
};
