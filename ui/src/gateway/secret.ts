const storageKey = "openclaw.secret";

/**
 * The token or password of the address this page was opened with. It goes to this tab's session storage and out of the
 * address bar and the history; never to local storage.
 */
export function takeSecret(): string {
  const url = new URL(location.href);
  const fragment = new URLSearchParams(url.hash.slice(1));
  const given =
    fragment.get("token") ??
    fragment.get("password") ??
    url.searchParams.get("token") ??
    url.searchParams.get("password");
  if (given === null) return sessionStorage.getItem(storageKey) ?? "";
  for (const name of ["token", "password"]) url.searchParams.delete(name);
  url.hash = "";
  history.replaceState(null, "", url);
  keepSecret(given);
  return given;
}

export function keepSecret(secret: string): void {
  sessionStorage.setItem(storageKey, secret);
}

/** The one-time login of the link this page was opened with; out of the address bar at once, and kept nowhere. */
export function takeLogin(): string {
  const url = new URL(location.href);
  const given = new URLSearchParams(url.hash.slice(1)).get("login");
  if (given === null) return "";
  url.hash = "";
  history.replaceState(null, "", url);
  return given;
}
