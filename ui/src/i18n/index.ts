import { effect, signal } from "@preact/signals";
import { languageOf, type Language } from "../../../src/core/language.ts";

export type { Language };
export const languages: Record<Language, string> = { en: "English", ja: "日本語" };

const storageKey = "openclaw.language";

/** The language of the page: what was chosen in this browser, else what the browser asks for. */
export const language = signal<Language>(startLanguage());

function startLanguage(): Language {
  const chosen = localStorage.getItem(storageKey);
  return languageOf(chosen ?? undefined) ?? languageOf(navigator.language) ?? "en";
}

export function chooseLanguage(chosen: Language): void {
  localStorage.setItem(storageKey, chosen);
  language.value = chosen;
}

effect(() => {
  document.documentElement.lang = language.value;
});

/**
 * The texts of one part of the page, in every language: a text that is missing in one does not compile. `{name}` is
 * replaced by the value of that name.
 */
export function texts<K extends string>(
  tables: Record<Language, Record<K, string>>,
): (key: K, values?: Record<string, string | number>) => string {
  return (key, values) => {
    const text = tables[language.value][key];
    return values === undefined
      ? text
      : text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
  };
}

const units: Record<Language, Record<"ms" | "s" | "min" | "h" | "d", string>> = {
  en: { ms: " ms", s: " s", min: " min", h: " h", d: " d" },
  ja: { ms: " ミリ秒", s: " 秒", min: " 分", h: " 時間", d: " 日" },
};

/** Numbers, times and durations as the language writes them. */
export const format = {
  number: (value: number) => new Intl.NumberFormat(language.value).format(value),
  compact: (value: number) =>
    new Intl.NumberFormat(language.value, { notation: "compact", maximumFractionDigits: 1 }).format(value),
  time: (at: number) =>
    new Intl.DateTimeFormat(language.value, { hour: "2-digit", minute: "2-digit" }).format(at),
  dateTime: (at: number) =>
    new Intl.DateTimeFormat(language.value, { dateStyle: "medium", timeStyle: "short" }).format(at),
  /** `3 min ago`; `now` for less than five seconds. */
  ago(at: number, now = Date.now()): string {
    const seconds = Math.round((at - now) / 1000);
    const relative = new Intl.RelativeTimeFormat(language.value, { numeric: "auto", style: "short" });
    const size = Math.abs(seconds);
    if (size < 5) return relative.format(0, "second");
    if (size < 90) return relative.format(seconds, "second");
    if (size < 5400) return relative.format(Math.round(seconds / 60), "minute");
    if (size < 129_600) return relative.format(Math.round(seconds / 3600), "hour");
    return relative.format(Math.round(seconds / 86_400), "day");
  },
  duration(ms: number): string {
    const unit = units[language.value];
    if (ms < 1000) return `${Math.round(ms)}${unit.ms}`;
    const seconds = ms / 1000;
    if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)}${unit.s}`;
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60) return `${minutes}${unit.min}`;
    const hours = Math.floor(minutes / 60);
    return hours < 48
      ? `${hours}${unit.h} ${minutes % 60}${unit.min}`
      : `${Math.floor(hours / 24)}${unit.d} ${hours % 24}${unit.h}`;
  },
  bytes(value: number): string {
    if (value < 1024) return `${value} B`;
    if (value < 1024 ** 2) return `${(value / 1024).toFixed(0)} kB`;
    return `${(value / 1024 ** 2).toFixed(1)} MB`;
  },
};
