import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Failure } from "../../components/failure.tsx";
import { call } from "../../gateway/connection.ts";
import { format } from "../../i18n/index.ts";
import { showAround } from "./chat-state.ts";
import { t } from "./chat-text.ts";
import type { Hit } from "./wire.ts";

const pauseMs = 250;

interface Found {
  hits: Hit[];
  older: number | null;
}

/** Looks for words in the whole conversation, however long it is; a press on a hit shows it where it stands. */
export function SearchPanel({
  sessionKey,
  onClose,
}: {
  sessionKey: string;
  onClose: () => void;
}): JSX.Element {
  const [words, setWords] = useState("");
  const [found, setFound] = useState<Found | null>(null);
  const [error, setError] = useState<unknown>(null);
  const box = useRef<HTMLInputElement>(null);
  const newest = useRef(0);
  useEffect(() => box.current?.focus(), []);

  const look = async (before: Found | null) => {
    const turn = ++newest.current;
    try {
      const { hits, older = null } = await call<{ hits: Hit[]; older?: number }>("chat.search", {
        sessionKey,
        query: words,
        ...(before?.older == null ? {} : { before: before.older }),
      });
      if (turn !== newest.current) return;
      setFound({ hits: [...(before?.hits ?? []), ...hits], older });
      setError(null);
    } catch (failed) {
      if (turn === newest.current) setError(failed);
    }
  };
  useEffect(() => {
    newest.current += 1;
    setFound(null);
    setError(null);
    if (words.trim() === "") return undefined;
    const timer = setTimeout(() => void look(null), pauseMs);
    return () => clearTimeout(timer);
  }, [words, sessionKey]);

  return (
    <search
      class="search-panel"
      aria-label={t("searchHere")}
      onKeyDown={(event: KeyboardEvent) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        onClose();
      }}
    >
      <div class="row">
        <input
          ref={box}
          type="search"
          aria-label={t("searchHere")}
          placeholder={t("searchHere")}
          value={words}
          onInput={(event) => setWords(event.currentTarget.value)}
        />
        <button type="button" class="quiet" onClick={onClose}>
          {t("close")}
        </button>
      </div>
      {error === null ? null : <Failure error={error} />}
      <p class="soft" role="status">
        {found === null
          ? ""
          : found.hits.length === 0
            ? t("nothingFound")
            : t("hits", { count: found.hits.length })}
      </p>
      {found === null ? null : (
        <ul>
          {found.hits.map((hit) => (
            <li key={hit.id}>
              <button type="button" class="quiet" onClick={() => void showAround(hit)}>
                <span class="soft">
                  {hit.role === "user" ? t("you") : t("assistant")} · {format.dateTime(hit.timestamp)}
                </span>
                {hit.text}
              </button>
            </li>
          ))}
        </ul>
      )}
      {found?.older == null ? null : (
        <button type="button" class="quiet" onClick={() => void look(found)}>
          {t("searchFurther")}
        </button>
      )}
    </search>
  );
}
