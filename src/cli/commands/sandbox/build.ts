import type { CommandBody } from "../../contract.ts";
import { flag, text } from "../../options.ts";
import { withSandboxes } from "./desk.ts";

export const run: CommandBody = (context, _args, options) =>
  withSandboxes(context, async (desk) => {
    const { out } = context;
    const engine = text(options, "engine");
    const image = text(options, "image");
    if (!flag(options, "json")) out.note("Building; the first time takes a minute or two.");
    const built = await desk.build({
      ...(image === undefined ? {} : { image }),
      ...(engine === "docker" || engine === "podman" ? { engine } : {}),
    });
    if (flag(options, "json")) return out.json(built);
    out.line(`${built.engine} has ${built.image} now.`);
    out.line("Containers made of an older one go with: openclaw sandbox recreate");
  });
