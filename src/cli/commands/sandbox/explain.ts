import type { CommandBody } from "../../contract.ts";
import { flag, text } from "../../options.ts";
import { withSandboxes } from "./desk.ts";

const allowed = (list: readonly string[] | null) => (list === null ? "all" : list.join(", ") || "none");

export const run: CommandBody = (context, _args, options) =>
  withSandboxes(context, async (desk) => {
    const { out } = context;
    const found = desk.explain(text(options, "session"), text(options, "agent"));
    if (flag(options, "json")) return out.json(found);
    out.line(
      found.sandboxed
        ? `${found.sessionKey} is sandboxed: ${found.rule}`
        : `${found.sessionKey} is not sandboxed: ${found.rule}`,
    );
    const fields: Array<[string, string]> = [
      ["Mode", `${found.mode}, one sandbox per ${found.scope === "shared" ? "machine" : found.scope}`],
      ["Built by", found.backend ?? `nothing: ${found.problem ?? ""}`],
      ["Inside", found.summary],
      ...found.binds.map((bind): [string, string] => ["Also", bind]),
      ["Sandbox", found.id],
      ["Asks", found.asks === "nobody" ? "nobody: nothing of yours is in reach" : found.asks],
      ...found.tools.map((policy): [string, string] => [
        policy.rule,
        `${allowed(policy.allow)}${policy.deny.length > 0 ? `, not ${policy.deny.join(", ")}` : ""}`,
      ]),
      [
        "Elevated",
        `${found.elevated.level}; may be changed by ${found.elevated.allowed.join(", ") || "nobody in a chat"}`,
      ],
    ];
    out.pairs(found.sandboxed ? fields : fields.slice(0, 1));
    if (found.mode === "off")
      out.line("\nTo use it: openclaw config set agents.defaults.sandbox.mode non-main");
    else if (found.backend === null) out.line("\nWhat to install: openclaw doctor");
    return Promise.resolve();
  });
