import { UsageError } from "../../../core/errors.ts";
import { runTui } from "../../../tui/index.ts";
import { wantsColor } from "../../color.ts";
import type { CommandBody } from "../../contract.ts";
import { text } from "../../options.ts";
import { displayWidth, printable } from "../../terminal.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { stdin, out, env } = context;
  const { stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY)
    throw new UsageError("openclaw tui needs a terminal", {
      hint: 'for scripts and pipes: openclaw agent --message "…"',
    });
  if (env.TERM === "dumb")
    throw new UsageError("this terminal (TERM=dumb) cannot place text", {
      hint: 'openclaw agent --message "…"',
    });
  const [url, token, password] = [text(options, "url"), text(options, "token"), text(options, "password")];
  let restore = () => {};
  const onExit = () => restore();
  // A bug must not leave the terminal in raw mode: these run before the handlers that print it.
  process.prependListener("uncaughtException", onExit);
  process.prependListener("unhandledRejection", onExit);
  process.on("exit", onExit);
  try {
    await runTui({
      streams: { input: stdin, output: stdout },
      connect: () =>
        context.connect({
          ...(url === undefined ? {} : { url }),
          ...(token === undefined ? {} : { token }),
          ...(password === undefined ? {} : { password }),
          caps: ["tool-events", "tool-output", "thinking-events"],
        }),
      sessionKey: text(options, "session") ?? "main",
      clock: context.clock,
      signal: context.signal,
      rules: { width: displayWidth, printable },
      color: wantsColor({ flag: true, env, isTTY: out.isTTY }),
      suspend: (onResume) => {
        process.once("SIGCONT", onResume);
        process.kill(process.pid, "SIGTSTP");
      },
      onTaken: (give) => (restore = give),
    });
  } finally {
    process.off("uncaughtException", onExit);
    process.off("unhandledRejection", onExit);
    process.off("exit", onExit);
  }
  return 0;
};
