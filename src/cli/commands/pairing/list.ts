import { isObject } from "../../../core/json.ts";
import type { CommandBody } from "../../contract.ts";
import { ago, duration } from "../../format.ts";
import { flag } from "../../options.ts";
import { printableLine } from "../../terminal.ts";
import { askDesk, placeParams } from "./desk.ts";

export const run: CommandBody = async (context, [channel], options) => {
  const { out, clock } = context;
  const params = { ...placeParams(options), ...(channel === undefined ? {} : { channel }) };
  const answer = await askDesk(context, "list", params);
  if (flag(options, "json")) return out.json(answer);
  const pending = rowsOf(answer["pending"]);
  const approved = rowsOf(answer["approved"]);
  if (pending.length > 0) {
    out.line(out.style.bold("Asking to be let in"));
    out.table(
      pending.map((row) => ({
        code: String(row["code"]),
        name: printableLine(typeof row["name"] === "string" ? row["name"] : "-"),
        id: printableLine(String(row["id"])),
        where: whereOf(row),
        asked: ago(Number(row["createdAt"]), clock.now()),
        expires: `in ${duration(Math.max(0, Number(row["expiresAt"]) - clock.now()))}`,
      })),
    );
    out.line("Let one in with `openclaw pairing approve <code>`.");
    if (answer["hasOwner"] === false)
      out.line("Nobody is the owner in a chat yet: is one of them you? Then add --owner.");
    out.line();
  }
  if (approved.length === 0) {
    out.line(pending.length === 0 ? "Nobody asks to be let in, and nobody was." : "Nobody was let in yet.");
    return;
  }
  out.line(out.style.bold("May write"));
  out.table(
    approved.map((row) => ({
      id: printableLine(String(row["id"])),
      where: whereOf(row),
      role: row["owner"] === true ? "owner" : "member",
    })),
  );
};

const rowsOf = (value: unknown) => (Array.isArray(value) ? value.filter(isObject) : []);
const whereOf = ({ channel, account }: Record<string, unknown>) =>
  account === "default" ? String(channel) : `${String(channel)}/${String(account)}`;
