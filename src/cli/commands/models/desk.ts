import type { ModelDesk, StoredLogin } from "../../../app/models.ts";
import { UsageError } from "../../../core/errors.ts";
import type { CommandContext } from "../../contract.ts";
import { flag, text } from "../../options.ts";

type Options = Record<string, unknown>;

/** The models part of this installation, without a gateway. Only that part is loaded, for these commands are short. */
export async function openDesk(context: CommandContext): Promise<ModelDesk> {
  const { openModelDesk } = await import("../../../app/models.ts");
  const { config } = (await context.openConfig()).read();
  return openModelDesk({
    paths: context.paths,
    env: context.env,
    config: () => config,
    clock: context.clock,
  });
}

/** The provider that was named. @throws UsageError when none was */
export function requiredProvider(options: Options): string {
  const provider = text(options, "provider")?.trim().toLowerCase();
  if (!provider) throw new UsageError("--provider is missing", { hint: "e.g. --provider anthropic" });
  return provider;
}

export function profileName(options: Options): { name?: string } {
  const name = text(options, "profile");
  return name === undefined ? {} : { name };
}

/** Says that a login was stored, and what to do next. */
export function reportStored({ out }: CommandContext, options: Options, login: StoredLogin): void {
  const shown = {
    profileId: login.id,
    provider: login.provider,
    kind: login.kind,
    origin: login.origin,
    ...(login.expiresAt !== undefined && { expiresAt: login.expiresAt }),
  };
  if (flag(options, "json")) return out.json({ ok: true, ...shown });
  out.line(`Stored login ${login.id} (${login.kind.replace("_", " ")}) for ${login.origin}.`);
  out.note("Check it: openclaw models status --probe");
}
