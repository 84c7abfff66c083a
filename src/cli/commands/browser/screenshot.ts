import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { messageOf, UserError } from "../../../core/errors.ts";
import type { CommandBody } from "../../contract.ts";
import { flag, text } from "../../options.ts";
import { askBrowser, tabIn, tellNotes } from "./request.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out } = context;
  const tab = text(options, "tab");
  const path = resolve(text(options, "out") ?? "screenshot.png");
  const answer = await askBrowser(context, {
    method: "POST",
    path: "/screenshot",
    body: {
      format: /\.jpe?g$/i.test(path) ? "jpeg" : "png",
      fullPage: flag(options, "fullPage"),
      ...(tab === undefined ? {} : { tab }),
    },
  });
  const bytes = Buffer.from(String(answer["data"]), "base64");
  try {
    await writeFile(path, bytes);
  } catch (error) {
    throw new UserError("FILE_WRITE", `${path} cannot be written: ${messageOf(error)}`, { cause: error });
  }
  if (flag(options, "json")) return out.json({ path, bytes: bytes.length, tab: answer["tab"] });
  out.line(`${path}  ${bytes.length} bytes  ${tabIn(answer["tab"]).url}`);
  tellNotes(context, answer);
};
