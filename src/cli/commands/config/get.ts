import { configInvalid, parsePath, redactValue, type ConfigExplanation } from "../../../config/index.ts";
import { UserError } from "../../../core/errors.ts";
import { isObject } from "../../../core/json.ts";
import type { CommandBody, Output } from "../../contract.ts";
import { flag } from "../../options.ts";

export const run: CommandBody = async ({ openConfig, out }, [path], options) => {
  const store = await openConfig();
  const { valid, issues, config } = store.read();
  if (!valid) throw configInvalid(store.path, issues);
  if (path === undefined) return out.json(redactValue(config, []));
  if (flag(options, "explain")) return explain(out, store.explain(path), flag(options, "json"));
  const value = store.get(path);
  if (value === undefined) {
    throw new UserError("CONFIG_KEY_UNSET", `${path} is not set`, {
      hint: `set it with \`openclaw config set ${path} <value>\`; all keys are in \`openclaw config schema\``,
    });
  }
  // A secret asked for by its own name is printed; one that merely lies in a section is not (HID-022).
  const isSection = isObject(value) || Array.isArray(value);
  const shown = isSection ? redactValue(value, parsePath(path)) : value;
  if (flag(options, "json")) out.json(shown);
  else if (typeof shown === "string") out.line(shown);
  else out.line(isSection ? JSON.stringify(shown, null, 2) : JSON.stringify(shown));
};

/** A listing of sources gets shown around, so it has no secrets at all (HID-022). */
function explain(out: Output, found: ConfigExplanation, asJson: boolean): void {
  const path = parsePath(found.path);
  const hide = (value: unknown) => redactValue(value, path);
  if (asJson) {
    return out.json({
      ...found,
      value: hide(found.value),
      shadowed: found.shadowed.map((other) => ({ ...other, value: hide(other.value) })),
    });
  }
  const show = (value: unknown) => (value === undefined ? "(not set)" : JSON.stringify(hide(value)));
  out.pairs([
    ["Key", found.path],
    ["Value", show(found.value)],
    ["From", `${found.source} (${found.from})`],
    ...found.shadowed.map((other): [string, string] => [
      "Shadows",
      `${show(other.value)} from ${other.source} (${other.from})`,
    ]),
  ]);
}
