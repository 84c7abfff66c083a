import { codeOf } from "../../../core/errors.ts";
import type { CommandBody } from "../../contract.ts";
import { ago } from "../../format.ts";
import { flag } from "../../options.ts";
import { askBrowser } from "./request.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out, clock } = context;
  const { browser } = (await context.openConfig()).read().config;
  if (!browser.enabled) {
    if (flag(options, "json")) return out.json({ enabled: false, running: false });
    out.line("The browser is off.");
    out.note("Let agents use one: openclaw config set browser.enabled true");
    return;
  }
  const status = await askBrowser(context, { method: "GET", path: "/" }).catch((error: unknown) => {
    if (codeOf(error) === "GATEWAY_UNREACHABLE") return null;
    throw error;
  });
  if (flag(options, "json")) return out.json({ enabled: true, ...(status ?? { running: false }) });
  if (!status) {
    out.line("The gateway does not run, and the browser with it.");
    out.note("openclaw gateway");
    return 1;
  }
  const { running, executable, version, pid, tabs, memoryMb, startedAt, control } = status;
  const rows: Array<[string, string]> = [
    ["Browser", running === true ? `running (pid ${String(pid)})` : "not started; starts when it is needed"],
    ["Program", typeof executable === "string" ? executable : "none found"],
    ["Control", typeof control === "string" ? control : "only openclaw browser; the log says why"],
  ];
  if (running === true) {
    rows.push(["Version", String(version)], ["Tabs", String(tabs)]);
    if (typeof memoryMb === "number") rows.push(["Memory", `${memoryMb} MB`]);
    if (typeof startedAt === "number") rows.push(["Since", ago(startedAt, clock.now())]);
  }
  out.pairs(rows);
  if (typeof executable === "string") return;
  out.note(
    "Install one: apt-get install chromium. Or name it: openclaw config set browser.executablePath /path/to/it",
  );
  return 1;
};
