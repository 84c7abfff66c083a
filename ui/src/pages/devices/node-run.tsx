import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Failure } from "../../components/failure.tsx";
import { perform } from "../../components/perform.ts";
import { call, onEvent } from "../../gateway/connection.ts";
import type { Node } from "./devices-api.ts";
import { t } from "./devices-text.ts";

interface Ended {
  exitCode?: number | null;
  timedOut?: boolean;
  stdout?: string;
  stderr?: string;
  error?: string | null;
}
interface Question {
  id: string;
  command: string;
  cwd: string | null;
}

/** Milliseconds a command may take, and people may take to allow it. */
const runMs = 60_000;
const approvalMs = 125_000;

/** One command on the node, under its own rules; what they want approved is asked here as well. */
export function NodeRun({ node }: { node: Node }): JSX.Element {
  const [typed, setTyped] = useState("");
  const [running, setRunning] = useState(false);
  const [question, setQuestion] = useState<Question | null>(null);
  const [ended, setEnded] = useState<Ended | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  // The question may come before the page was drawn anew.
  const waiting = useRef(false);
  useEffect(() => {
    const stops = [
      onEvent("exec.approval.requested", (payload) => {
        const { id, request } = payload as { id: string; request: { host?: string } & Omit<Question, "id"> };
        if (waiting.current && request.host?.startsWith("node:") === true)
          setQuestion({ id, command: request.command, cwd: request.cwd });
      }),
      onEvent("exec.approval.resolved", () => setQuestion(null)),
    ];
    return () => stops.forEach((stop) => stop());
  }, []);

  const run = async () => {
    waiting.current = true;
    setRunning(true);
    setEnded(null);
    setProblem(null);
    const params = {
      nodeId: node.nodeId,
      command: "system.run",
      params: { command: wordsOf(typed, node.platform) },
      timeoutMs: runMs,
      idempotencyKey: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`,
    };
    try {
      const { payload } = await call<{ payload: Ended }>("node.invoke", params, {
        timeoutMs: runMs + approvalMs,
      });
      setEnded(payload);
    } catch (error) {
      setProblem(error);
    } finally {
      waiting.current = false;
      setRunning(false);
      setQuestion(null);
    }
  };
  const decide = (id: string, decision: "allow-once" | "deny") =>
    void perform(() => call("exec.approval.resolve", { id, decision }), t("done"));

  return (
    <section class="card">
      <h2>{t("run")}</h2>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <input
          class="fill-row code"
          aria-label={t("run")}
          placeholder="uname -a"
          autocomplete="off"
          spellcheck={false}
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
        <button type="submit" class="primary" disabled={running || typed.trim() === ""}>
          {running ? t("running") : t("runIt")}
        </button>
      </form>
      <div aria-live="polite">
        {question === null ? null : (
          <div class="question">
            <p>{t("mayRun", { folder: question.cwd ?? "?" })}</p>
            <pre class="output" tabIndex={0}>
              {question.command}
            </pre>
            <div class="row">
              <button type="button" class="primary" onClick={() => decide(question.id, "allow-once")}>
                {t("allowOnce")}
              </button>
              <button type="button" class="danger" onClick={() => decide(question.id, "deny")}>
                {t("deny")}
              </button>
            </div>
          </div>
        )}
        {problem === null ? null : <Failure error={problem} />}
        {ended === null ? null : (
          <>
            <pre class="output" tabIndex={0}>
              {[ended.stdout, ended.stderr].filter(Boolean).join("\n") || t("noOutput")}
            </pre>
            <p class={ended.exitCode === 0 ? "soft" : "bad"}>
              {ended.timedOut ? t("timedOut") : t("exit", { status: String(ended.exitCode ?? "?") })}
            </p>
          </>
        )}
      </div>
    </section>
  );
}

/** Plain words as they are; everything else is the node's shell to read. */
function wordsOf(typed: string, platform: string | undefined): string[] {
  const text = typed.trim();
  if (/^[\w@%+=:,./ -]+$/.test(text) && !/^\S*=/.test(text)) return text.split(/ +/);
  return platform?.toLowerCase().startsWith("win") === true
    ? ["cmd.exe", "/d", "/s", "/c", text]
    : ["/bin/sh", "-c", text];
}
