import { effect, signal } from "@preact/signals";
import { codeOf, messageOf, OpenClawError } from "../../../../src/core/errors.ts";
import { outcomeReasons, type OutcomeReason } from "../../../../src/core/outcome.ts";
import { language } from "../index.ts";

// What the gateway says, in the language of the page. The gateway speaks English and gives everything a stable code; the
// page says what the code means and keeps the gateway's sentence, with its facts, as the detail.

type Catalogue = typeof import("./ja.ts");

const japanese = signal<Catalogue | null>(null);
effect(() => {
  if (language.value === "ja" && japanese.peek() === null)
    // Without it the page says what the gateway says.
    import("./ja.ts").then((loaded) => (japanese.value = loaded)).catch(() => undefined);
});

const catalogue = (): Catalogue | null => (language.value === "ja" ? japanese.value : null);

/** A sentence, and where that sentence says less than the gateway did, the gateway's own. */
export interface Said {
  text: string;
  detail: string | null;
}

export function saidError(error: unknown): Said {
  const message = messageOf(error);
  const text = catalogue()?.errorsInJapanese[meantBy(error)];
  const problems = text === undefined ? null : problemsOf(error);
  if (text !== undefined && problems !== null) return { text: text + problems, detail: null };
  return text === undefined ? { text: message, detail: null } : { text, detail: message };
}

export function saidTrouble({ code, message }: { code: string; message: string }): Said {
  const known = catalogue();
  const text = known?.troublesInJapanese[code] ?? known?.errorsInJapanese[code];
  return text === undefined ? { text: message, detail: null } : { text, detail: message };
}

export function saidCondition(condition: {
  code: string;
  title: string;
  text: string;
}): Said & { title: string } {
  const known: Readonly<Record<string, { title: string; about: string }>> | undefined =
    catalogue()?.conditionsInJapanese;
  const own = known?.[condition.code];
  return own === undefined
    ? { title: condition.title, text: condition.text, detail: null }
    : { title: own.title, text: own.about, detail: condition.text };
}

/** What a channel has against single values, where all of it can be said. */
function problemsOf(error: unknown): string | null {
  const problems = error instanceof OpenClawError ? error.details?.["problems"] : undefined;
  if (!Array.isArray(problems)) return null;
  const said = problems.map((problem: { key?: unknown; message?: unknown }) => {
    const words = catalogue()?.channelProblems[String(problem.message)];
    return words === undefined ? null : `\n${String(problem.key)}：${words}`;
  });
  return said.includes(null) ? null : said.join("");
}

/** What is meant: the gateway's own code where the protocol's says little. */
function meantBy(error: unknown): string {
  if (messageOf(error).startsWith("missing scope")) return "FORBIDDEN";
  const own = error instanceof OpenClawError ? error.details?.["code"] : undefined;
  return typeof own === "string" ? own : (codeOf(error) ?? "");
}

/** What a platform or a program says in English, below what it comes to in the words of the page. */
export function saidInEnglish(english: string, meaning: string): Said {
  return language.value === "en" ? { text: english, detail: null } : { text: meaning, detail: english };
}

/** How a message ended, in two words and in a sentence. */
export function saidOutcome(reason: OutcomeReason): readonly [short: string, sentence: string] {
  return catalogue()?.outcomesInJapanese[reason] ?? [reason.replaceAll("_", " "), outcomeReasons[reason]];
}

/** The title of a check, and what helps in words where the language has its own. */
export function saidCheck({ id, title }: { id: string; title: string }): {
  title: string;
  fix: string | null;
} {
  return catalogue()?.checksInJapanese[id] ?? { title, fix: null };
}
