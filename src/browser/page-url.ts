import { UserError } from "../core/errors.ts";

/**
 * An address to open. A bare host means https.
 * @throws UserError BROWSER_URL for anything but http and https, and for addresses with a login in them.
 */
export function parsePageUrl(text: string): URL {
  const given = text.trim();
  const whole =
    /^[a-z][a-z0-9+.-]*:/i.test(given) && !/^[\w.-]+:\d+(\/|$)/.test(given) ? given : `https://${given}`;
  const url = URL.canParse(whole) ? new URL(whole) : null;
  if (url !== null && url.protocol !== "https:" && url.protocol !== "http:") {
    throw new UserError(
      "BROWSER_URL",
      `only http and https addresses can be opened, not ${url.protocol.slice(0, 20)}`,
    );
  }
  if (url === null || url.hostname === "") {
    throw new UserError("BROWSER_URL", `${JSON.stringify(given.slice(0, 200))} is no address`, {
      hint: "give a whole address such as https://example.org/page",
    });
  }
  if (url.username || url.password)
    throw new UserError("BROWSER_URL", "addresses with a user name or password in them are not opened");
  return url;
}
