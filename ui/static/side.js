// The list of sessions and what the gateway says about itself.

import { byId, duration, make } from "./dom.js";

const list = byId("sessions");
const facts = byId("facts");

const ago = (ms) => (ms < 60_000 ? "just now" : `${duration(ms).split(" ").slice(0, 2).join(" ")} ago`);

/** `agent:main:web-1a2b` → `web-1a2b`; keys of other agents keep their agent. */
export function sessionName(row, mainKey) {
  const match = /^agent:([^:]+):(.+)$/.exec(row.key);
  if (row.label || row.displayName) return row.label || row.displayName;
  if (match?.[2] === mainKey) return match[1] === "main" ? "Main" : `Main (${match[1]})`;
  return row.derivedTitle || (match ? match[2] : row.key);
}

export function showSessions(rows, { current, mainKey, onPick }) {
  const now = Date.now();
  const items = rows.map((row) => {
    const button = make(
      "button",
      { type: "button", "aria-current": row.key === current ? "true" : undefined },
      make("span", { className: "name", text: sessionName(row, mainKey) }),
      make("span", {
        className: "about",
        text: row.updatedAt
          ? `${ago(now - row.updatedAt)}${row.lastMessagePreview ? ` · ${row.lastMessagePreview}` : ""}`
          : "new",
      }),
    );
    button.addEventListener("click", () => onPick(row.key));
    return make("li", {}, button);
  });
  list.replaceChildren(...items);
}

export function showStatus(status, health) {
  const channels = status.channels ?? [];
  const working = (status.runs?.running?.length ?? 0) + (status.runs?.queued ?? 0);
  const rows = [
    ["Health", health?.ok === false ? "not well" : "ok", health?.ok === false ? "bad" : "good"],
    ...(health?.conditions ?? []).map((condition) => [
      condition.title,
      `${condition.text} (${condition.hint})`,
      condition.severity === "notice" ? "" : "bad",
    ]),
    ["Version", status.version],
    ["Uptime", duration(status.uptimeMs ?? status.uptime * 1000)],
    ["Model", health?.models?.primary ?? status.sessions?.defaults?.model ?? "none"],
    ["Sessions", String(status.sessions?.count ?? 0)],
    ["Working on", working === 0 ? "nothing" : `${working} message${working === 1 ? "" : "s"}`],
    ...(channels.length === 0
      ? [["Channels", "none"]]
      : channels.map((channel) => [
          channel.label ?? channel.id,
          channel.state,
          channel.state === "connected" ? "good" : "bad",
        ])),
    ...(status.config?.valid === false && !health?.conditions ? [["Config", "has errors", "bad"]] : []),
  ];
  facts.replaceChildren(
    ...rows.flatMap(([name, value, className]) => [
      make("dt", { text: name }),
      make("dd", { text: value, className: className ?? "" }),
    ]),
  );
}
