import type { JSX } from "preact";
import { OpenClawError, messageOf } from "../../../src/core/errors.ts";
import { texts } from "../i18n/index.ts";
import { Command } from "./command.tsx";

const t = texts({
  en: { again: "Try again", mend: "To mend it:" },
  ja: { again: "再試行", mend: "解決するには：" },
});

/** What went wrong, and the command that mends it. A closed connection is the banner's to tell, not ours. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }): JSX.Element | null {
  const known = error instanceof OpenClawError ? error : null;
  if (known?.code === "CONNECTION_CLOSED") return null;
  return (
    <div class="failure" role="alert">
      <p>{messageOf(error)}</p>
      {known?.hint === undefined ? null : (
        <p class="soft">
          {t("mend")} <Hint text={known.hint} />
        </p>
      )}
      {retry === undefined ? null : (
        <button type="button" class="small" onClick={retry}>
          {t("again")}
        </button>
      )}
    </div>
  );
}

/** A hint as the gateway words it: commands in it can be copied. */
export function Hint({ text }: { text: string }): JSX.Element {
  const whole = /^openclaw [^`]+$/.test(text);
  if (whole) return <Command text={text} />;
  const parts = text.split(/`([^`]+)`|(?<=: )(openclaw [^;]+)$/);
  return (
    <>
      {parts.map((part, index) =>
        part === undefined ? null : part.startsWith("openclaw ") ? (
          <Command key={index} text={part} />
        ) : (
          <span key={index}>{part}</span>
        ),
      )}
    </>
  );
}
