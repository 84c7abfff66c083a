import { UserError } from "../core/errors.ts";

/**
 * `OPENCLAW_UPDATE_REGISTRY`, from the process or `<state>/.env`; null without it: then npm's configuration of this
 * account decides.
 * @throws UserError UPDATE_REGISTRY for an address that is neither https nor of this machine
 */
export function registryAddress(env: Readonly<Record<string, string | undefined>>): string | null {
  const given = env["OPENCLAW_UPDATE_REGISTRY"]?.trim();
  if (!given) return null;
  const url = URL.canParse(given) ? new URL(given) : null;
  const isLocal = url !== null && /^(?:127\.0\.0\.1|localhost|\[::1\])$/.test(url.hostname);
  if (url?.protocol === "https:" || (url?.protocol === "http:" && isLocal)) return given;
  throw new UserError(
    "UPDATE_REGISTRY",
    `OPENCLAW_UPDATE_REGISTRY is ${JSON.stringify(given.slice(0, 100))}, which is no https address`,
    { hint: "unset it to use the registry npm is configured with" },
  );
}
