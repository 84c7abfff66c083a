import { batch, signal } from "@preact/signals";
import { tellFailed } from "../../components/toasts.tsx";
import { call, generation, hello, onEvent } from "../../gateway/connection.ts";
import { may } from "../../gateway/scopes.ts";
import {
  loadNewer,
  loadOlder,
  openAround,
  openHistory,
  refreshNewest,
  type HistoryWindow,
} from "./history.ts";
import { textOf } from "./items.ts";
import { advance, type LiveRun } from "./live.ts";
import { addApproval, approvals, removeApproval, type Approval } from "./approval-state.ts";
import { give, isClosed, onAccepted, unsentOf, type Attachment, type Unsent } from "./unsent.ts";
import type {
  AgentEvent,
  ChatEvent,
  Hit,
  LiveState,
  RunFailure,
  VersionPage,
  WaitingMessage,
} from "./wire.ts";

/** A message on its way, of this page or of another: shown at once, gone when the history has it. */
export interface Outgoing {
  id: string;
  text: string;
  files: number;
  /** `taken`: a run is at work on it. */
  state: "sending" | "waiting" | "taken";
  /** The run that took it. */
  runId: string | null;
  /** Entry whose place it takes. */
  replaces: string | null;
}

export const history = signal<HistoryWindow | null>(null);
export const historyError = signal<unknown>(null);
export const runs = signal<readonly LiveRun[]>([]);
export const outgoing = signal<readonly Outgoing[]>([]);
/** Why the last run of this conversation failed; goes away with the next message. */
export const failure = signal<RunFailure | null>(null);

/** Words the gateway refused after all: they go back to where they can be sent again. */
export const returned = signal<{ text: string } | null>(null);
/** The message that is being changed, and what was already written for it. */
export const editing = signal<{ entry: string; text: string } | null>(null);
/** The earlier version that is shown in place of a message and what follows it. */
export const earlier = signal<VersionPage | null>(null);
/** Entry that is to be brought into view as soon as it is there. */
export const target = signal<string | null>(null);

let current = "";
/** Runs whose end was heard: an answer that was on its way then must not bring them back. */
let ended = new Set<string>();
/** Changes of the window happen one after another, each from what the one before left. */
let line: Promise<void> = Promise.resolve();

/** Keys in events are spelt as whoever started the run spelt them. */
export function canonicalKey(key: string): string {
  const defaults = hello.value?.snapshot.sessionDefaults;
  const { mainKey = "main", defaultAgentId = "main", mainSessionKey = "agent:main:main" } = defaults ?? {};
  if (key.startsWith("agent:")) return key.replace(/^(agent:[^:]+):main$/, `$1:${mainKey}`);
  return key === "main" || key === mainKey ? mainSessionKey : `agent:${defaultAgentId}:${key}`;
}

/** Shows a conversation and follows it until the returned function is called. */
export function follow(sessionKey: string): () => void {
  current = sessionKey;
  ended = new Set();
  batch(() => {
    history.value = null;
    historyError.value = null;
    runs.value = [];
    outgoing.value = unsentOf(sessionKey).map(beingSent);
    failure.value = null;
    target.value = null;
    returned.value = null;
    editing.value = null;
    earlier.value = null;
  });
  const stops = [
    onEvent("agent", (payload) => onAgent(payload as AgentEvent)),
    onEvent("chat", (payload) => onChat(payload as ChatEvent)),
    onEvent("chat.queue", (payload) => {
      if ((payload as { sessionKey: string }).sessionKey === current) void lookAgain();
    }),
    onEvent("exec.approval.requested", (payload) => addApproval(payload as Approval)),
    onEvent("exec.approval.resolved", (payload) => removeApproval((payload as { id: string }).id)),
    onAccepted(markAccepted),
    // After a reconnect whatever happened meanwhile is in the history and in what the gateway says of now.
    generation.subscribe(() => void reload(sessionKey)),
  ];
  return () => stops.forEach((stop) => stop());
}

async function reload(sessionKey: string): Promise<void> {
  if (hello.value === null) return;
  const before = history.peek();
  try {
    // In this order: a run that ends in between is then in the history and in `ended`.
    const [live, opened, waiting] = await Promise.all([
      call<LiveState>("chat.live", { sessionKey }),
      before === null ? openHistory(sessionKey) : change(refreshNewest).then(() => null),
      may("approvals") ? call<{ approvals: Approval[] }>("exec.approval.list") : { approvals: [] },
    ]);
    if (sessionKey !== current) return;
    batch(() => {
      if (opened !== null) history.value = opened;
      historyError.value = null;
      approvals.value = waiting.approvals;
      // What was under way here and is not there any more has ended while nobody told.
      outgoing.value = outgoing.value.filter(({ state }) => state === "sending");
      runs.value = [];
      show(live);
    });
  } catch (error) {
    if (sessionKey === current && !isClosed(error)) historyError.value = error;
  }
}

/** Asks what runs and waits now: somebody else wrote into this conversation. */
async function lookAgain(): Promise<void> {
  const sessionKey = current;
  try {
    const live = await call<LiveState>("chat.live", { sessionKey });
    if (sessionKey === current) batch(() => show(live));
  } catch (error) {
    if (!isClosed(error)) tellFailed(error);
  }
}

/** Takes over what the gateway says of runs and waiting messages; what only this page knows of stays. */
function show(live: LiveState): void {
  const going = live.runs.filter(({ runId }) => !ended.has(runId));
  const told: Outgoing[] = [
    ...going.flatMap(({ runId, messages }) => messages.map((message) => known(message, runId))),
    ...live.waiting.map((message) => known(message, null)),
  ].filter(({ id }) => !ended.has(id));
  const ids = new Set(told.map(({ id }) => id));
  const taken = told.filter(({ state }) => state === "taken");
  const waiting = told.filter(({ state }) => state !== "taken");
  outgoing.value = [...taken, ...outgoing.value.filter(({ id }) => !ids.has(id)), ...waiting];
  const runIds = new Set(going.map(({ runId }) => runId));
  runs.value = [
    ...runs.value.filter(({ runId }) => !runIds.has(runId)),
    ...going.map(({ runId, since, parts }) => ({ runId, since, parts })),
  ];
}

const known = ({ runId: id, text, files, replaces }: WaitingMessage, runId: string | null): Outgoing => ({
  id,
  text,
  files,
  state: runId === null ? "waiting" : "taken",
  runId,
  replaces: replaces ?? null,
});

const beingSent = ({ id, text, attachments, replaces }: Unsent): Outgoing => ({
  id,
  text,
  files: attachments.length,
  state: "sending",
  runId: null,
  replaces,
});

/** Puts another window in place, unless another conversation was opened meanwhile. */
function change(work: (window: HistoryWindow) => Promise<HistoryWindow>): Promise<void> {
  const sessionKey = current;
  line = line.then(async () => {
    const before = history.peek();
    if (before === null || sessionKey !== current) return;
    try {
      const after = await work(before);
      if (sessionKey === current) history.value = after;
    } catch (error) {
      if (!isClosed(error)) tellFailed(error);
    }
  });
  return line;
}
export const showOlder = (): Promise<void> => change(loadOlder);
export const showNewer = (): Promise<void> => change(loadNewer);
export const showEnd = (): Promise<void> => change((window) => openHistory(window.sessionKey));
/** The part of the conversation around a hit, which is scrolled to when it is drawn. */
export async function showAround({ id, at }: Hit): Promise<void> {
  target.value = id;
  const isHere = history.peek()?.pages.some(({ messages }) => messages.some((message) => message.id === id));
  if (!isHere) await change((window) => openAround(window.sessionKey, at));
}

function onAgent(event: AgentEvent): void {
  if (canonicalKey(event.sessionKey) !== current) return;
  if (event.stream === "lifecycle" && event.data.phase !== "start") return;
  const run = runs.value.find(({ runId }) => runId === event.runId);
  const next = advance(
    run ?? { runId: event.runId, since: event.data.startedAt ?? event.ts, parts: [] },
    event,
  );
  runs.value = run ? runs.value.map((each) => (each === run ? next : each)) : [...runs.value, next];
  if (run) return;
  const isMine = outgoing.value.some(({ id }) => id === event.runId);
  outgoing.value = outgoing.value.map((each) =>
    each.id === event.runId ? { ...each, state: "taken", runId: event.runId } : each,
  );
  // Somebody else's, or one that took several of what waited, or one this page comes late to.
  if (!isMine || event.stream !== "lifecycle" || outgoing.value.length > 1) void lookAgain();
}

function onChat(event: ChatEvent): void {
  if (canonicalKey(event.sessionKey) !== current || event.state === "delta") return;
  void settle(event);
}

/** The run is over: what it said is in the history now. */
async function settle({ runId, state, errorMessage, errorCode }: ChatEvent): Promise<void> {
  const sessionKey = current;
  ended.add(runId);
  const isChange = outgoing.peek().some(({ id, replaces }) => id === runId && replaces !== null);
  // After a change pages that are here may not be part of the conversation any more.
  await change(isChange ? (window) => openHistory(window.sessionKey) : refreshNewest);
  if (sessionKey !== current) return;
  batch(() => {
    runs.value = runs.value.filter((run) => run.runId !== runId);
    outgoing.value = outgoing.value.filter(({ id }) => id !== runId);
    if (state === "error") failure.value = { code: errorCode ?? "", message: errorMessage ?? "" };
  });
}

function markAccepted({ id, sessionKey, text }: Unsent, status: string): void {
  if (sessionKey !== current) return;
  const drop = () => (outgoing.value = outgoing.value.filter((each) => each.id !== id));
  if (status === "started" || status === "in_flight") {
    outgoing.value = outgoing.value.map((each) =>
      each.id === id && each.state === "sending" ? { ...each, state: "waiting" } : each,
    );
  } else if (status === "refused") {
    drop();
    returned.value = { text };
  }
  // A chat command has its answer already.
  else void change(refreshNewest).then(drop);
}

/** Sends a message. Resolves to false when it was not accepted: then its words are to be kept. */
export async function send(
  text: string,
  attachments: readonly Attachment[],
  replaces: string | null = null,
): Promise<boolean> {
  const message: Unsent = { id: newId(), sessionKey: current, text, attachments, replaces };
  failure.value = null;
  earlier.value = null;
  outgoing.value = [...outgoing.value, beingSent(message)];
  try {
    await give(message);
    return true;
  } catch (error) {
    outgoing.value = outgoing.value.filter((each) => each.id !== message.id);
    tellFailed(error);
    return false;
  }
}

/** Takes back a message that no run has taken yet. Resolves to whether it was in time. */
export async function takeBack(id: string): Promise<boolean> {
  // A run that took it meanwhile is not to be stopped for it.
  if (outgoing.value.find((message) => message.id === id)?.state !== "waiting") return false;
  try {
    const { runIds } = await call<{ runIds: string[] }>("chat.abort", { sessionKey: current, runId: id });
    return runIds.includes(id);
  } catch (error) {
    tellFailed(error);
    return false;
  }
}

/** Begins to change the newest message of a person. Null when there is none or it is being answered; else its words. */
export function editLast(): { text: string; isHere: boolean } | null {
  const under = outgoing.peek().at(-1);
  if (under) return { text: under.text, isHere: false };
  const newest = history
    .peek()
    ?.pages.at(-1)
    ?.messages.findLast(({ role }) => role === "user");
  if (newest === undefined) return null;
  const text = textOf(newest.content);
  const isHere = newest.id !== undefined && newest.fixed !== true && may("write");
  if (isHere) editing.value = { entry: newest.id ?? "", text };
  return { text, isHere };
}

/** Shows an earlier version of a message, to read; its newest is the conversation itself. */
export async function showVersion(entry: string, version: number, newest: number): Promise<void> {
  if (version >= newest) {
    earlier.value = null;
    target.value = entry;
    return;
  }
  const sessionKey = current;
  try {
    const page = await call<VersionPage>("chat.version", { sessionKey, id: entry, version });
    if (sessionKey === current) earlier.value = page;
  } catch (error) {
    tellFailed(error);
  }
}

export async function stopRuns(): Promise<void> {
  await call("chat.abort", { sessionKey: current }).catch(tellFailed);
}

/** `crypto.randomUUID` is missing on plain HTTP. */
export function newId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}
