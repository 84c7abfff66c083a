import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { Failure } from "../../components/failure.tsx";
import { call, connected } from "../../gateway/connection.ts";
import { texts } from "../../i18n/index.ts";
import { fits, parseLogLine, type LogLine } from "./log-line.ts";

const everyMs = 1500;
const mostLines = 2000;

const t = texts({
  en: {
    title: "Logs",
    find: "Filter: words, a run id, a channel",
    level: "At least",
    all: "everything",
    follow: "Follow",
    none: "No line fits.",
    file: "File",
    more: "{name}: show only lines with this",
  },
  ja: {
    title: "ログ",
    find: "絞り込み：語句、実行 ID、チャネル",
    level: "レベル",
    all: "すべて",
    follow: "追尾",
    none: "該当する行はありません。",
    file: "ファイル",
    more: "{name}：この値を含む行だけ表示",
  },
});

interface Tail {
  file: string;
  lines: string[];
  cursor: number;
  reset: boolean;
}

/** The gateway's log as it grows. A press on a value of a line shows only what has to do with it. */
export function LogsPage(): JSX.Element {
  const [lines, setLines] = useState<readonly LogLine[]>([]);
  const [file, setFile] = useState("");
  const [error, setError] = useState<unknown>(null);
  const [level, setLevel] = useState("");
  const [words, setWords] = useState("");
  const [follow, setFollow] = useState(true);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => tail({ onLines: setLines, onFile: setFile, onError: setError }), []);
  const seen = useMemo(() => lines.filter((line) => fits(line, { level, words })), [lines, level, words]);
  useLayoutEffect(() => {
    if (follow && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [seen, follow]);
  return (
    <div class="page logs">
      <header>
        <h1>{t("title")}</h1>
        <input
          type="search"
          class="grow"
          aria-label={t("find")}
          placeholder={t("find")}
          value={words}
          onInput={(event) => setWords(event.currentTarget.value)}
        />
        <label class="row">
          {t("level")}
          <select value={level} onChange={(event) => setLevel(event.currentTarget.value)}>
            <option value="">{t("all")}</option>
            {["info", "warn", "error"].map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label class="row">
          <input
            type="checkbox"
            checked={follow}
            onChange={(event) => setFollow(event.currentTarget.checked)}
          />
          {t("follow")}
        </label>
      </header>
      {error === null ? null : <Failure error={error} />}
      <div
        class="log-lines"
        ref={box}
        tabIndex={0}
        role="log"
        aria-label={t("title")}
        onWheel={(event) => {
          if (event.deltaY < 0) setFollow(false);
        }}
      >
        {seen.length === 0 ? <p class="soft">{t("none")}</p> : null}
        {seen.map((line, index) => (
          <Line key={`${line.at}-${index}`} line={line} onPick={setWords} />
        ))}
      </div>
      <p class="soft">
        {t("file")}: <code>{file}</code>
      </p>
    </div>
  );
}

function Line({ line, onPick }: { line: LogLine; onPick: (words: string) => void }): JSX.Element {
  return (
    <div class={`log-line ${line.level}`}>
      <time class="soft">{line.at === 0 ? "" : new Date(line.at).toLocaleTimeString()}</time>
      <span class="level">{line.level}</span>
      {line.subsystem === "" ? (
        <span />
      ) : (
        <button type="button" class="link-button" onClick={() => onPick(line.subsystem)}>
          {line.subsystem}
        </button>
      )}
      <span class="words">
        {line.text}{" "}
        {line.fields.map(([name, value]) => (
          <button
            key={name}
            type="button"
            class="link-button soft"
            title={t("more", { name })}
            onClick={() => onPick(value)}
          >
            {name}={value}
          </button>
        ))}
      </span>
    </div>
  );
}

/** Asks for what is new until the returned function is called. */
function tail(told: {
  onLines: (change: (old: readonly LogLine[]) => readonly LogLine[]) => void;
  onFile: (file: string) => void;
  onError: (error: unknown) => void;
}): () => void {
  let cursor: number | undefined;
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = async () => {
    if (!document.hidden && connected.value) {
      try {
        const answer = await call<Tail>("logs.tail", cursor === undefined ? { limit: 500 } : { cursor });
        if (stopped) return;
        const fresh = answer.lines.map(parseLogLine);
        const isNew = cursor === undefined || answer.reset;
        if (isNew || fresh.length > 0)
          told.onLines((old) => (isNew ? fresh : [...old, ...fresh]).slice(-mostLines));
        told.onFile(answer.file);
        told.onError(null);
        ({ cursor } = answer);
      } catch (error) {
        if (!stopped) told.onError(error);
      }
    }
    if (!stopped) timer = setTimeout(() => void look(), everyMs);
  };
  void look();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
