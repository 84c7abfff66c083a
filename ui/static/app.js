// The page: status and chat of the gateway it came from.

import { createApprovals } from "./approvals.js";
import { createLiveTurn, showError, showHistory, showUser } from "./chat-view.js";
import { byId } from "./dom.js";
import { createGateway } from "./gateway.js";
import { sessionName, showSessions, showStatus } from "./side.js";

const storageKey = "openclaw.secret";
const statusEveryMs = 15_000;

const [message, send, stop, login, notice, connection, side, menu] = [
  "message",
  "send",
  "stop",
  "login",
  "notice",
  "connection",
  "side",
  "menu",
].map(byId);

let secret = takeSecret();
let defaults = { mainKey: "main", defaultAgentId: "main", mainSessionKey: "agent:main:main" };
let sessionKey = "";
let rows = [];
let health = null;
/** Runs of this session this page follows, by run id. */
const live = new Map();

const gateway = createGateway({ secret: () => secret, onState, onHello, onEvent });
const approvals = createApprovals((id, decision) => gateway.call("exec.approval.resolve", { id, decision }));

/** The secret of the address goes to this tab's memory and out of the address bar and history. */
function takeSecret() {
  const url = new URL(location.href);
  const given = url.searchParams.get("token") ?? url.searchParams.get("password");
  if (given) {
    url.searchParams.delete("token");
    url.searchParams.delete("password");
    history.replaceState(null, "", url);
    sessionStorage.setItem(storageKey, given);
  }
  return given ?? sessionStorage.getItem(storageKey) ?? "";
}

/** Keys in events are spelt as whoever started the run spelt them. */
function canonical(key) {
  if (key.startsWith("agent:")) return key.replace(/^(agent:[^:]+):main$/, `$1:${defaults.mainKey}`);
  if (key === "main" || key === defaults.mainKey) return defaults.mainSessionKey;
  return `agent:${defaults.defaultAgentId}:${key}`;
}

function onState(state, detail) {
  connection.dataset.state = state === "refused" ? "offline" : state;
  connection.textContent = state === "refused" ? "not connected" : state;
  const connected = state === "connected";
  send.disabled = !connected;
  notice.hidden = connected || state !== "offline";
  notice.textContent = state === "offline" ? `Not connected: ${detail}. Trying again…` : "";
  if (state === "refused") {
    sessionStorage.removeItem(storageKey);
    const refusal = /unauthorized|token|password/i.test(detail ?? "");
    showLogin(
      refusal && !secret
        ? "Open the URL printed by `openclaw dashboard`, or enter the token here."
        : refusal
          ? "unauthorized: open the URL printed by `openclaw dashboard`, or enter the token here."
          : detail,
    );
  } else if (connected) {
    login.hidden = true;
    byId("log").hidden = false;
    byId("composer").hidden = false;
  }
}

function showLogin(reason) {
  byId("login-reason").textContent = reason;
  login.hidden = false;
  byId("log").hidden = true;
  byId("composer").hidden = true;
  approvals.clear();
  byId("secret").focus();
}

async function onHello(hello) {
  defaults = { ...defaults, ...hello.snapshot?.sessionDefaults };
  health = hello.snapshot?.health ?? null;
  sessionKey ||= canonical(new URL(location.href).searchParams.get("session") ?? "main");
  for (const turn of live.values()) turn.remove();
  live.clear();
  updateButtons();
  await Promise.all([loadHistory(), loadSessions(), loadStatus(), loadApprovals()]).catch(report);
  message.focus();
}

function onEvent(event, payload) {
  if (event === "health") health = payload;
  if (event === "exec.approval.requested") approvals.add(payload);
  if (event === "exec.approval.resolved") approvals.remove(payload.id);
  if ((event !== "agent" && event !== "chat") || canonical(payload.sessionKey ?? "") !== sessionKey) return;
  if (event === "agent") onAgent(payload);
  else if (payload.state !== "delta") onEnd(payload).catch(report);
}

function onAgent({ runId, stream, data }) {
  if (stream === "lifecycle" && data.phase === "start") {
    turnOf(runId);
    loadStatus().catch(report);
  }
  if (stream === "assistant") turnOf(runId).say(data.text, data.delta);
  if (stream === "tool") turnOf(runId).tool(data);
}

function turnOf(runId) {
  let turn = live.get(runId);
  if (!turn) {
    turn = createLiveTurn();
    live.set(runId, turn);
    updateButtons();
  }
  return turn;
}

async function onEnd({ runId, state, errorMessage }) {
  const ended = live.get(runId);
  live.delete(runId);
  updateButtons();
  try {
    if (live.size === 0) await loadHistory();
    await Promise.all([loadSessions(), loadStatus()]);
  } catch (error) {
    report(error);
  }
  ended?.remove();
  if (state === "error") showError(errorMessage ?? "the run failed");
}

function updateButtons() {
  stop.hidden = live.size === 0;
}

async function loadHistory() {
  const key = sessionKey;
  const { messages } = await gateway.call("chat.history", { sessionKey: key, limit: 200 });
  if (key !== sessionKey) return;
  showHistory(messages);
  byId("session-title").textContent = sessionName(rowOf(key), defaults.mainKey);
}

const rowOf = (key) => rows.find((row) => row.key === key) ?? { key };

async function loadSessions() {
  const { sessions } = await gateway.call("sessions.list", {
    limit: 60,
    includeLastMessage: true,
    includeDerivedTitles: true,
  });
  rows = sessions.some((row) => row.key === sessionKey) ? sessions : [{ key: sessionKey }, ...sessions];
  showSessions(rows, { current: sessionKey, mainKey: defaults.mainKey, onPick: pick });
  byId("session-title").textContent = sessionName(rowOf(sessionKey), defaults.mainKey);
}

async function loadStatus() {
  const status = await gateway.call("status");
  showStatus(status, health);
  const model = byId("model");
  model.textContent = health?.models?.primary ?? "";
  model.hidden = !model.textContent;
}

async function loadApprovals() {
  const { approvals: pending } = await gateway.call("exec.approval.list");
  approvals.clear();
  for (const each of pending) approvals.add(each);
}

function pick(key) {
  sessionKey = key;
  for (const turn of live.values()) turn.remove();
  live.clear();
  updateButtons();
  toggleSide(false);
  Promise.all([loadHistory(), loadSessions()]).catch(report);
  message.focus();
}

function report(error) {
  if (error.code !== "CONNECTION_CLOSED") showError(error.message);
}

async function submit() {
  const text = message.value.trim();
  if (text === "" || send.disabled) return;
  message.value = "";
  grow();
  showUser(text);
  const idempotencyKey = newId();
  try {
    await gateway.call("chat.send", { sessionKey, message: text, idempotencyKey, deliver: false });
  } catch (error) {
    // Not accepted: the words go back to where they can be sent again.
    message.value ||= text;
    grow();
    showError(error.message);
  }
}

function newId() {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}

function grow() {
  message.rows = Math.min(8, message.value.split("\n").length);
}

function toggleSide(open) {
  side.classList.toggle("open", open);
  menu.setAttribute("aria-expanded", String(open));
}

byId("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  void submit();
});
message.addEventListener("input", grow);
message.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    void submit();
  }
});
stop.addEventListener("click", () => gateway.call("chat.abort", { sessionKey }).catch(report));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (side.classList.contains("open")) toggleSide(false);
  else if (live.size > 0) gateway.call("chat.abort", { sessionKey }).catch(report);
});
login.addEventListener("submit", (event) => {
  event.preventDefault();
  secret = byId("secret").value.trim();
  byId("secret").value = "";
  sessionStorage.setItem(storageKey, secret);
  gateway.open();
});
menu.addEventListener("click", () => toggleSide(!side.classList.contains("open")));
byId("new-session").addEventListener("click", () => pick(canonical(`web-${newId().slice(0, 8)}`)));
setInterval(() => {
  if (connection.dataset.state === "connected" && !document.hidden) loadStatus().catch(report);
}, statusEveryMs);

gateway.open();
