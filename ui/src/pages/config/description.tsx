import { effect, signal } from "@preact/signals";
import type { JSX } from "preact";
import { language } from "../../i18n/index.ts";

type Words = typeof import("./words-ja/index.ts");

const japanese = signal<Words | null>(null);
effect(() => {
  if (language.value === "ja" && japanese.peek() === null)
    // Without it the page says what the schema says.
    import("./words-ja/index.ts").then((loaded) => (japanese.value = loaded)).catch(() => undefined);
});

const words = (): Words | null => (language.value === "ja" ? japanese.value : null);

/** What a setting means in the language of the page; null where only the schema's English says it. */
export function ownDescription(english: string | undefined): string | null {
  return words()?.descriptions[english ?? ""] ?? null;
}

/** What a part of the configuration is called; null where its key is all there is. */
export function partName(key: string): string | null {
  return words()?.parts[key] ?? null;
}

/** What a setting means; what stands in backticks is a name. */
export function Description({ text }: { text: string | undefined }): JSX.Element | null {
  if (text === undefined) return null;
  const own = ownDescription(text);
  return (
    <span class="soft" lang={own === null ? "en" : undefined}>
      {(own ?? text)
        .split("`")
        .map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : part))}
    </span>
  );
}
