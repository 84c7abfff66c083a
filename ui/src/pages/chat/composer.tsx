import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { tellFailed } from "../../components/toasts.tsx";
import { Icon } from "../../components/icon.tsx";
import { connected } from "../../gateway/connection.ts";
import { format } from "../../i18n/index.ts";
import { editLast, returned, runs, send, stopRuns } from "./chat-state.ts";
import { Recorder } from "./recorder.tsx";
import type { Attachment } from "./unsent.ts";
import { t } from "./chat-text.ts";

const largestBytes = 5_000_000;

/** The message box. `draft` is what another part of the page wants to be edited; a new object each time. */
export function Composer({ draft }: { draft: { text: string } | null }): JSX.Element {
  const [text, setText] = useState("");
  const [files, setFiles] = useState<readonly Attachment[]>([]);
  const [dropping, setDropping] = useState(false);
  const box = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (draft === null) return;
    setText(draft.text);
    box.current?.focus();
  }, [draft]);
  const back = returned.value;
  useEffect(() => {
    if (back !== null) setText((now) => now || back.text);
  }, [back]);
  useEffect(() => box.current?.focus(), []);
  useEffect(() => {
    const stop = (event: KeyboardEvent) => {
      const isInDialog = event.target instanceof Element && event.target.closest("dialog") !== null;
      if (event.key === "Escape" && !isInDialog && runs.value.length > 0) void stopRuns();
    };
    addEventListener("keydown", stop);
    return () => removeEventListener("keydown", stop);
  }, []);

  const add = async (list: Iterable<File>) => {
    const read = await Promise.all([...list].map(readFile));
    setFiles((old) => [...old, ...read.filter((file) => file !== null)].slice(0, 16));
  };
  const submit = async (event?: Event) => {
    event?.preventDefault();
    if (!connected.value || (text.trim() === "" && files.length === 0)) return;
    const [said, attached] = [text, files];
    setText("");
    setFiles([]);
    // Not accepted: the words go back to where they can be sent again.
    if (!(await send(said.trim(), attached))) {
      setText((now) => now || said);
      setFiles(attached);
    }
  };

  return (
    <form
      class={dropping ? "composer dropping" : "composer"}
      onSubmit={(event) => void submit(event)}
      onDragOver={(event) => {
        event.preventDefault();
        setDropping(true);
      }}
      onDragLeave={() => setDropping(false)}
      onDrop={(event) => {
        event.preventDefault();
        setDropping(false);
        void add(event.dataTransfer?.files ?? []);
      }}
    >
      {files.length === 0 ? null : (
        <ul class="files">
          {files.map((file, index) => (
            <li key={index}>
              {file.fileName} <span class="soft">{format.bytes(file.bytes)}</span>
              <button
                type="button"
                class="quiet"
                aria-label={t("removeFile", { name: file.fileName })}
                onClick={() => setFiles(files.toSpliced(index, 1))}
              >
                ✕
              </button>
            </li>
          ))}
        </ul>
      )}
      <div class="composer-row">
        <button
          type="button"
          class="quiet"
          aria-label={t("attach")}
          title={t("attach")}
          onClick={() => picker.current?.click()}
        >
          <Icon name="attach" />
        </button>
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          onChange={(event) => {
            void add(event.currentTarget.files ?? []);
            event.currentTarget.value = "";
          }}
        />
        <Recorder onRecorded={(file) => void add([file])} />
        <textarea
          ref={box}
          rows={Math.min(10, text.split("\n").length)}
          aria-label={t("message")}
          placeholder={dropping ? t("dropHere") : t("placeholder")}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          onPaste={(event) => {
            const pasted = [...(event.clipboardData?.files ?? [])];
            if (pasted.length === 0) return;
            event.preventDefault();
            void add(pasted);
          }}
          onKeyDown={(event) => {
            if (event.key === "Enter" && !event.shiftKey && !event.isComposing) void submit(event);
            if (event.key === "ArrowUp" && text === "") {
              const last = editLast();
              if (last === null) return;
              event.preventDefault();
              // One that is not answered yet, or somebody else's, is said again.
              if (!last.isHere) setText(last.text);
            }
          }}
        />
        {runs.value.length === 0 ? null : (
          <button type="button" class="danger" onClick={() => void stopRuns()}>
            <Icon name="stop" /> <span class="wide-text">{t("stop")}</span>
          </button>
        )}
        <button class="primary" disabled={!connected.value}>
          <Icon name="send" /> <span class="wide-text">{t("send")}</span>
        </button>
      </div>
    </form>
  );
}

async function readFile(file: File): Promise<Attachment | null> {
  if (file.size > largestBytes) {
    tellFailed(new Error(t("tooLarge", { name: file.name })));
    return null;
  }
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = "";
  for (let at = 0; at < bytes.length; at += 0x8000)
    binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return {
    fileName: file.name,
    mimeType: file.type || "application/octet-stream",
    content: btoa(binary),
    bytes: file.size,
  };
}
