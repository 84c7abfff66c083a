import { UserError } from "../core/errors.ts";

/**
 * The WebSocket address for what a person or config gave (`http:` becomes `ws:`).
 * @throws UserError URL_INVALID for other schemes, user names in the address, or no address at all.
 */
export function socketUrl(text: string): string {
  const fail = (why: string) =>
    new UserError("URL_INVALID", `the gateway address ${JSON.stringify(text.split("?")[0])} ${why}`, {
      hint: "give it like --url ws://127.0.0.1:18789",
    });
  if (!URL.canParse(text)) throw fail("is not a URL");
  const url = new URL(text);
  if (url.protocol === "http:") url.protocol = "ws:";
  else if (url.protocol === "https:") url.protocol = "wss:";
  if (url.protocol !== "ws:" && url.protocol !== "wss:") throw fail("must begin with ws:// or wss://");
  if (url.username !== "" || url.password !== "") throw fail("must not contain a user name or password");
  url.hash = "";
  return url.href;
}

/** The address without its query: that may hold a token (CONF-42). */
export function displayUrl(url: string): string {
  const shown = new URL(url);
  shown.search = "";
  return shown.href.replace(/\/$/, "");
}

/** Whether an address is plain `ws:` to this machine, where no proxy can be in between. */
export function isLoopback(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return (
    protocol === "ws:" &&
    (hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname))
  );
}
