import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../../components/icon.tsx";
import { tellFailed } from "../../components/toasts.tsx";
import { t } from "./chat-text.ts";

/** A longer recording would not fit into one message. */
const longestMs = 5 * 60_000;

/** Records what is said into a file for the message. Shown where the browser can: over HTTPS or on this machine itself. */
export function Recorder({ onRecorded }: { onRecorded: (file: File) => void }): JSX.Element | null {
  const [recorder, setRecorder] = useState<MediaRecorder | null>(null);
  const gone = useRef(false);
  useEffect(
    () => () => {
      gone.current = true;
    },
    [],
  );
  // The microphone is let go when the page is left.
  useEffect(() => {
    if (recorder === null) return undefined;
    const timer = setTimeout(() => recorder.stop(), longestMs);
    return () => {
      clearTimeout(timer);
      if (recorder.state !== "inactive") recorder.stop();
    };
  }, [recorder]);
  if (!("MediaRecorder" in globalThis) || navigator.mediaDevices === undefined) return null;

  const start = async () => {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      const made = new MediaRecorder(stream, { audioBitsPerSecond: 32_000 });
      const pieces: Blob[] = [];
      made.addEventListener("dataavailable", ({ data }) => pieces.push(data));
      made.addEventListener("stop", () => {
        for (const track of stream.getTracks()) track.stop();
        if (gone.current) return;
        setRecorder(null);
        const type = made.mimeType.split(";")[0] || "audio/webm";
        const ending = type.split("/")[1] ?? "webm";
        onRecorded(new File(pieces, `${t("recording")}.${ending}`, { type }));
      });
      made.start();
      setRecorder(made);
    } catch (error) {
      tellFailed(error);
    }
  };
  return (
    <button
      type="button"
      class={recorder === null ? "quiet" : "danger"}
      aria-label={recorder === null ? t("record") : t("stopRecording")}
      title={recorder === null ? t("record") : t("stopRecording")}
      aria-pressed={recorder !== null}
      onClick={() => (recorder === null ? void start() : recorder.stop())}
    >
      <Icon name={recorder === null ? "mic" : "stop"} />
    </button>
  );
}
