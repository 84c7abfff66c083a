import type { JSX } from "preact";
import { OpenClawError } from "../../../src/core/errors.ts";
import { language, texts } from "../i18n/index.ts";
import { saidError } from "../i18n/said/index.ts";
import { Command } from "./command.tsx";
import { Detail } from "./detail.tsx";

const t = texts({
  en: { again: "Try again", mend: "To mend it:" },
  ja: { again: "再試行", mend: "解決するには：" },
});

/** What went wrong, and the command that mends it. A closed connection is the banner's to tell, not ours. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }): JSX.Element | null {
  const known = error instanceof OpenClawError ? error : null;
  if (known?.code === "CONNECTION_CLOSED") return null;
  const said = saidError(error);
  return (
    <div class="failure" role="alert">
      <p>{said.text}</p>
      <Detail said={said} />
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

/** Programs that hints name; a hint that begins with one is a command as a whole. */
const programs = /^(?:openclaw|chmod|chown|df|git|loginctl|mv|npm|openssl|rm|ssh|sudo) /;
/** A command within a sentence: between backticks, or from its name to the next "or", "then", "and" or the end. */
const within = /`([^`]+)`|((?:sudo )?openclaw .+?)(?=,? (?:or|then|and) |, |; |$)/;

/** A hint as the gateway words it: commands in it can be copied. In another language only they are shown. */
export function Hint({ text }: { text: string }): JSX.Element {
  const parts = text.split(within).filter((part) => part !== undefined && part !== "");
  const isCommand = (part: string) => programs.test(part);
  if (isCommand(text) && parts.filter(isCommand).length < 2) return <Command text={text} />;
  const shown = language.value === "en" || !parts.some(isCommand) ? parts : parts.filter(isCommand);
  return (
    <span lang={shown.some((part) => !isCommand(part)) ? "en" : undefined}>
      {shown.map((part, index) =>
        isCommand(part) ? <Command key={index} text={part} /> : <span key={index}>{part}</span>,
      )}
    </span>
  );
}
