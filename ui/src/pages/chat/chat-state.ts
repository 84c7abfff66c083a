import { batch, signal } from "@preact/signals";
import { OpenClawError } from "../../../../src/core/errors.ts";
import { tellFailed } from "../../components/toasts.tsx";
import { call, generation, hello, onEvent } from "../../gateway/connection.ts";
import { loadNewer, loadOlder, openHistory, refreshNewest, type HistoryWindow } from "./history.ts";
import { advance, type LiveRun } from "./live.ts";
import type { AgentEvent, ChatEvent } from "./wire.ts";

/** A message on its way: shown at once, gone when the history has it. */
export interface Outgoing {
  id: string;
  text: string;
  files: number;
  /** `taken`: a run is at work on it. */
  state: "sending" | "waiting" | "taken";
}

export interface Attachment {
  fileName: string;
  mimeType: string;
  /** base64. */
  content: string;
  bytes: number;
}

export interface Approval {
  id: string;
  request: { command: string; host?: string; cwd?: string; agentId?: string; sessionKey?: string };
  createdAtMs: number;
  expiresAtMs: number;
}

export const history = signal<HistoryWindow | null>(null);
export const historyError = signal<unknown>(null);
export const runs = signal<readonly LiveRun[]>([]);
export const outgoing = signal<readonly Outgoing[]>([]);
export const approvals = signal<readonly Approval[]>([]);
/** Why the last run of this conversation failed; goes away with the next message. */
export const failure = signal<string | null>(null);

let current = "";

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
  batch(() => {
    history.value = null;
    historyError.value = null;
    runs.value = [];
    outgoing.value = [];
    failure.value = null;
  });
  const stops = [
    onEvent("agent", (payload) => onAgent(payload as AgentEvent)),
    onEvent("chat", (payload) => onChat(payload as ChatEvent)),
    onEvent("exec.approval.requested", (payload) => addApproval(payload as Approval)),
    onEvent("exec.approval.resolved", (payload) => removeApproval((payload as { id: string }).id)),
    // After a reconnect whatever happened meanwhile is in the history.
    generation.subscribe(() => void reload(sessionKey)),
  ];
  return () => stops.forEach((stop) => stop());
}

async function reload(sessionKey: string): Promise<void> {
  if (hello.value === null) return;
  try {
    const [opened, waiting] = await Promise.all([
      openHistory(sessionKey),
      call<{ approvals: Approval[] }>("exec.approval.list"),
    ]);
    if (sessionKey !== current) return;
    batch(() => {
      history.value = opened;
      historyError.value = null;
      runs.value = [];
      outgoing.value = [];
      approvals.value = waiting.approvals;
    });
  } catch (error) {
    if (sessionKey === current && !isClosed(error)) historyError.value = error;
  }
}

/** Puts another window in place, unless another conversation was opened meanwhile. */
async function change(work: (window: HistoryWindow) => Promise<HistoryWindow>): Promise<void> {
  const before = history.value;
  if (before === null) return;
  try {
    const after = await work(before);
    if (history.value === before) history.value = after;
  } catch (error) {
    if (!isClosed(error)) tellFailed(error);
  }
}
export const showOlder = (): Promise<void> => change(loadOlder);
export const showNewer = (): Promise<void> => change(loadNewer);
export const showEnd = (): Promise<void> => change((window) => openHistory(window.sessionKey));

function onAgent(event: AgentEvent): void {
  if (canonicalKey(event.sessionKey) !== current) return;
  if (event.stream === "lifecycle" && event.data.phase !== "start") return;
  const known = runs.value.find((run) => run.runId === event.runId);
  const next = advance(known ?? { runId: event.runId, parts: [] }, event);
  runs.value = known ? runs.value.map((run) => (run === known ? next : run)) : [...runs.value, next];
  if (!known) markTaken(event.runId);
}

function markTaken(runId: string): void {
  outgoing.value = outgoing.value.map((each) => (each.id === runId ? { ...each, state: "taken" } : each));
}

function onChat(event: ChatEvent): void {
  if (canonicalKey(event.sessionKey) !== current || event.state === "delta") return;
  void settle(event);
}

/** The run is over: what it said is in the history now. */
async function settle({ runId, state, errorMessage }: ChatEvent): Promise<void> {
  const sessionKey = current;
  await change(refreshNewest);
  if (sessionKey !== current) return;
  batch(() => {
    runs.value = runs.value.filter((run) => run.runId !== runId);
    outgoing.value = outgoing.value.filter(({ id }) => id !== runId);
    if (state === "error") failure.value = errorMessage ?? "";
  });
}

/** Sends a message. Resolves to false when it was not accepted: then its words are to be kept. */
export async function send(text: string, attachments: readonly Attachment[]): Promise<boolean> {
  const sessionKey = current;
  const id = newId();
  failure.value = null;
  outgoing.value = [...outgoing.value, { id, text, files: attachments.length, state: "sending" }];
  const mark = (change: (list: readonly Outgoing[]) => readonly Outgoing[]) => {
    if (sessionKey === current) outgoing.value = change(outgoing.value);
  };
  try {
    const { status } = await call<{ status: string }>("chat.send", {
      sessionKey,
      message: text,
      idempotencyKey: id,
      deliver: false,
      ...(attachments.length === 0
        ? {}
        : {
            attachments: attachments.map(({ fileName, mimeType, content }) => ({
              type: "image",
              fileName,
              mimeType,
              content,
            })),
          }),
    });
    // A chat command has its answer already.
    if (status === "ok" || status === "error") await change(refreshNewest);
    mark((list) =>
      status === "started" || status === "in_flight"
        ? list.map((each) =>
            each.id === id && each.state === "sending" ? { ...each, state: "waiting" } : each,
          )
        : list.filter((each) => each.id !== id),
    );
    return true;
  } catch (error) {
    mark((list) => list.filter((each) => each.id !== id));
    tellFailed(error);
    return false;
  }
}

export async function stopRuns(): Promise<void> {
  await call("chat.abort", { sessionKey: current }).catch(tellFailed);
}

export async function decide(id: string, decision: "allow-once" | "allow-always" | "deny"): Promise<void> {
  try {
    await call("exec.approval.resolve", { id, decision });
    removeApproval(id);
  } catch (error) {
    tellFailed(error);
  }
}

function addApproval(approval: Approval): void {
  if (approvals.value.some(({ id }) => id === approval.id)) return;
  approvals.value = [...approvals.value, approval];
  setTimeout(() => removeApproval(approval.id), Math.max(0, approval.expiresAtMs - Date.now()));
}
function removeApproval(id: string): void {
  approvals.value = approvals.value.filter((approval) => approval.id !== id);
}

/** The banner tells of a connection that is away. */
const isClosed = (error: unknown) => error instanceof OpenClawError && error.code === "CONNECTION_CLOSED";

/** `crypto.randomUUID` is missing on plain HTTP. */
export function newId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}
