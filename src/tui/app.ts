import type { ClientEvent, GatewayClient } from "../client/contract.ts";
import type { Clock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import { uuid } from "../core/ids.ts";
import { isObject } from "../core/json.ts";
import { parseSessionKey } from "../core/session-key.ts";
import { helpText, localCommand } from "./commands.ts";
import { emptyConversation, fromHistory, note, onAgentEvent, onChatEvent, said } from "./conversation.ts";
import { edit, insert, remember } from "./editor.ts";
import { noLine, stayConnected, type Line } from "./gateway.ts";
import { createKeyReader, type Key, type KeyName } from "./keys.ts";
import { isShownWhole, render } from "./render.ts";
import { newScreen, type Question, type Screen, type SessionChoice } from "./state.ts";
import { openTerminal, type TerminalStreams } from "./terminal.ts";
import type { TextRules } from "./text.ts";

/** A lone ESC is a key when nothing follows it for so long. */
const escapeMs = 40;
const drawEveryMs = 16;
/** Two Ctrl-C within so long leave. */
const leaveMs = 1500;

export interface TuiOptions {
  streams: TerminalStreams;
  connect: () => Promise<GatewayClient>;
  sessionKey: string;
  clock: Clock;
  signal: AbortSignal;
  rules: TextRules;
  color: boolean;
  /** Stops this process until it is continued (Ctrl-Z); absent where that cannot be done. */
  suspend?: (onResume: () => void) => void;
  /** Called with what gives the terminal back, for a process that ends in another way. */
  onTaken?: (restore: () => void) => void;
}

/**
 * The terminal UI, until the person leaves or the signal aborts; the terminal is as it was afterwards.
 * @throws what the first connection failed with.
 */
export async function runTui(options: TuiOptions): Promise<void> {
  const { clock, rules } = options;
  const leaving = new AbortController();
  const signal = AbortSignal.any([options.signal, leaving.signal]);
  let screen: Screen = newScreen(options.sessionKey);
  let line: Line = noLine;
  let maxScroll = 0;
  let drawing = false;
  let lastInterrupt = Number.NEGATIVE_INFINITY;
  /** Runs this screen began; those of others end with a look at the history. */
  const own = new Set<string>();
  let terminal: ReturnType<typeof openTerminal> | null = null;

  const draw = () => {
    if (drawing) return;
    drawing = true;
    clock.after(drawEveryMs, () => {
      drawing = false;
      if (!terminal || signal.aborted) return;
      const picture = render(screen, terminal.size(), { rules, style: { color: options.color } });
      maxScroll = picture.maxScroll;
      terminal.draw(picture);
    });
  };
  const set = (change: Partial<Screen>) => {
    screen = { ...screen, ...change };
    draw();
  };
  const tell = (text: string) => set({ conversation: note(screen.conversation, text) });
  /** Work whose failure is shown and ends nothing. */
  const attempt = (work: Promise<unknown>) => {
    work.catch((error: unknown) => {
      if (!signal.aborted) tell(messageOf(error));
    });
  };

  const canonical = (key: string): string => {
    const snapshot = line.hello()["snapshot"];
    const defaults =
      isObject(snapshot) && isObject(snapshot["sessionDefaults"]) ? snapshot["sessionDefaults"] : {};
    const [agentId, mainKey] = [defaults["defaultAgentId"], defaults["mainKey"]];
    return parseSessionKey(key, {
      agentId: typeof agentId === "string" ? agentId : "main",
      mainKey: typeof mainKey === "string" ? mainKey : "main",
    }).canonical;
  };
  const isOurs = (key: unknown): boolean => {
    if (typeof key !== "string") return false;
    try {
      return canonical(key) === canonical(screen.sessionKey);
    } catch {
      return false; // a key nobody can have
    }
  };

  const load = async () => {
    const { sessionKey } = screen;
    const answer = await line.call("chat.history", { sessionKey, limit: 200 });
    if (screen.sessionKey !== sessionKey || !isObject(answer)) return;
    set({ conversation: { items: fromHistory(answer["messages"]), runs: [] }, scroll: 0 });
  };
  const loadQuestions = async () => {
    const answer = await line.call("exec.approval.list", {});
    const rows =
      isObject(answer) && Array.isArray(answer["approvals"]) ? answer["approvals"].filter(isObject) : [];
    set({ questions: rows.map(questionOf) });
  };

  const onEvent = ({ event, payload }: ClientEvent) => {
    if (!isObject(payload)) return;
    if (event === "exec.approval.requested") {
      const question = questionOf(payload);
      set({ questions: [...screen.questions.filter(({ id }) => id !== question.id), question] });
    } else if (event === "exec.approval.resolved") {
      set({ questions: screen.questions.filter(({ id }) => id !== payload["id"]) });
    } else if (event === "agent" && isOurs(payload["sessionKey"])) {
      set({ conversation: onAgentEvent(screen.conversation, payload) });
    } else if (event === "chat" && isOurs(payload["sessionKey"])) {
      set({ conversation: onChatEvent(screen.conversation, payload) });
      const runId = String(payload["runId"]);
      if (payload["state"] !== "delta" && !own.delete(runId)) attempt(load());
    }
  };

  const openSession = (sessionKey: string) => {
    set({ sessionKey, conversation: emptyConversation, chooser: null, scroll: 0 });
    attempt(load());
  };
  const choose = async () => {
    const answer = await line.call("sessions.list", { limit: 100, includeDerivedTitles: true });
    const rows =
      isObject(answer) && Array.isArray(answer["sessions"]) ? answer["sessions"].filter(isObject) : [];
    if (rows.length === 0) return tell("There is no other conversation yet.");
    set({ chooser: { rows: rows.map(choiceOf), at: 0 } });
  };
  const stop = () => line.call("chat.abort", { sessionKey: screen.sessionKey });
  const decide = async (decision: "allow-once" | "allow-always" | "deny") => {
    const [question] = screen.questions;
    if (!question || !terminal) return;
    if (decision !== "deny" && !isShownWhole(question, terminal.size(), rules))
      return tell("The command is longer than this window: openclaw approvals list shows it.");
    await line.call("exec.approval.resolve", { id: question.id, decision });
    set({ questions: screen.questions.filter(({ id }) => id !== question.id) });
  };

  const send = async (text: string) => {
    const runId = uuid();
    own.add(runId);
    set({ conversation: said(screen.conversation, text, runId), scroll: 0 });
    try {
      const answer = await line.call(
        "chat.send",
        { sessionKey: screen.sessionKey, message: text, deliver: false, idempotencyKey: runId },
        30_000,
      );
      // A stop word is no run.
      if (!isObject(answer) || answer["status"] === undefined) forgetRun(runId);
    } catch (error) {
      forgetRun(runId);
      throw error;
    }
  };
  const forgetRun = (runId: string) => {
    own.delete(runId);
    const { conversation } = screen;
    set({ conversation: { ...conversation, runs: conversation.runs.filter((each) => each !== runId) } });
  };

  const submit = () => {
    const text = screen.editor.text.trim();
    if (text === "") return;
    set({ editor: remember(screen.editor) });
    const command = localCommand(text);
    switch (command?.name) {
      case "exit":
        return leaving.abort();
      case "help":
        return tell(helpText);
      case "sessions":
        return attempt(choose());
      case "session":
        return openSession(command.key);
      default:
        return attempt(send(text.startsWith("//") ? text.slice(1) : text));
    }
  };

  const interrupt = () => {
    if (screen.editor.text !== "") {
      lastInterrupt = Number.NEGATIVE_INFINITY;
      return set({ editor: { ...screen.editor, text: "", cursor: 0, shown: null } });
    }
    if (clock.monotonic() - lastInterrupt < leaveMs) return leaving.abort();
    lastInterrupt = clock.monotonic();
    tell("Ctrl-C again leaves.");
  };

  const inChooser = (name: KeyName): void => {
    const { chooser } = screen;
    if (!chooser) return;
    const move = (by: number) =>
      set({ chooser: { ...chooser, at: Math.max(0, Math.min(chooser.rows.length - 1, chooser.at + by)) } });
    if (name === "up" || name === "ctrl-p") move(-1);
    else if (name === "down" || name === "ctrl-n") move(1);
    else if (name === "page-up") move(-9);
    else if (name === "page-down") move(9);
    else if (name === "enter") openSession(chooser.rows[chooser.at]?.key ?? screen.sessionKey);
    else if (name === "escape" || name === "ctrl-c" || name === "ctrl-r") set({ chooser: null });
  };

  const keys: Partial<Record<KeyName, () => void>> = {
    enter: submit,
    "ctrl-c": interrupt,
    "ctrl-d": () => (screen.editor.text === "" ? leaving.abort() : onKey({ kind: "key", name: "delete" })),
    escape: () => {
      if (screen.conversation.runs.length > 0) attempt(stop());
    },
    "ctrl-r": () => attempt(choose()),
    "ctrl-o": () => set({ expanded: !screen.expanded }),
    "ctrl-l": () => {
      terminal?.forget();
      draw();
    },
    "ctrl-y": () => attempt(decide("allow-once")),
    "ctrl-g": () => attempt(decide("allow-always")),
    "ctrl-x": () => attempt(decide("deny")),
    "page-up": () => set({ scroll: Math.min(maxScroll, screen.scroll + halfScreen()) }),
    "page-down": () => set({ scroll: Math.max(0, Math.min(maxScroll, screen.scroll) - halfScreen()) }),
    "ctrl-z": () => {
      if (!options.suspend) return;
      terminal?.restore();
      options.suspend(() => {
        terminal?.take();
        draw();
      });
    },
  };
  const halfScreen = () => Math.max(1, Math.floor((terminal?.size().rows ?? 24) / 2));

  function onKey(key: Key): void {
    if (key.kind !== "key")
      return screen.chooser ? undefined : set({ editor: insert(screen.editor, key.text) });
    if (screen.chooser) return inChooser(key.name);
    const bound = keys[key.name];
    if (bound) return bound();
    const edited = edit(screen.editor, key.name);
    if (edited) set({ editor: edited });
  }

  const reader = createKeyReader(onKey);
  let cancelSettle = () => {};
  const takeTerminal = () => {
    terminal = openTerminal(options.streams, {
      text(chunk) {
        cancelSettle();
        reader.feed(chunk);
        cancelSettle = clock.after(escapeMs, () => reader.settle());
      },
      resize: () => {
        terminal?.forget();
        draw();
      },
      gone: () => leaving.abort(),
    });
    options.onTaken?.(() => terminal?.restore());
    draw();
  };

  try {
    await stayConnected({
      connect: options.connect,
      clock,
      signal,
      onEvent,
      async onConnected(connected) {
        line = connected;
        // Only now: a gateway that cannot be reached is told in the ordinary way.
        if (!terminal) takeTerminal();
        set({ connection: "connected" });
        attempt(loadQuestions());
        await load().catch((error: unknown) => tell(messageOf(error)));
      },
      onLost() {
        line = noLine;
        set({ connection: "lost", conversation: { ...screen.conversation, runs: [] } });
      },
    });
  } finally {
    cancelSettle();
    // Assigned in a callback, which the compiler does not follow.
    (terminal as ReturnType<typeof openTerminal> | null)?.restore();
  }
}

function questionOf(payload: Record<string, unknown>): Question {
  const request = isObject(payload["request"]) ? payload["request"] : {};
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  return {
    id: text(payload["id"]),
    command: text(request["command"]),
    where: [text(request["host"]) || "gateway", text(request["cwd"])].filter(Boolean).join(" in "),
    resolvedPath: text(request["resolvedPath"]),
  };
}

function choiceOf(row: Record<string, unknown>): SessionChoice {
  const title = [row["label"], row["displayName"], row["derivedTitle"]].find(
    (value) => typeof value === "string" && value !== "",
  );
  return { key: String(row["key"]), title: typeof title === "string" ? title : "" };
}
