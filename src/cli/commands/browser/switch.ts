import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { askBrowser } from "./request.ts";

const body =
  (word: "start" | "stop"): CommandBody =>
  async (context, _args, options) => {
    const status = await askBrowser(context, { method: "POST", path: `/${word}` });
    if (flag(options, "json")) return context.out.json(status);
    context.out.line(
      status["running"] === true
        ? `The browser runs: ${String(status["version"])}.`
        : "The browser is closed.",
    );
  };

export const start = { run: body("start") };
export const stop = { run: body("stop") };
