import type { OpenClawConfig } from "../config/index.ts";
import { isObject } from "../core/json.ts";
import { openJsonFile } from "../state/index.ts";

/** What the operator chose by `tts.enable`, `tts.disable` and `tts.setProvider`; null where the configuration decides. */
export interface SpeechChoice {
  enabled: boolean | null;
  provider: string | null;
}

/** The choice, kept in a file of its own: it is a switch people flip, and no configuration. */
export interface SpeechPreferences {
  readonly path: string;
  read(): SpeechChoice;
  write(change: Partial<SpeechChoice>): SpeechChoice;
  /** The configuration as the choice leaves it. */
  applyTo(config: OpenClawConfig): OpenClawConfig;
}

/** @param path `<state>/settings/tts.json` */
export function openSpeechPreferences(path: string): SpeechPreferences {
  const file = openJsonFile<SpeechChoice>({ path, parse: choiceOf, empty: () => choiceOf(null) });
  // This process is the one that writes it.
  let choice: SpeechChoice | null = null;
  let last: { from: OpenClawConfig; to: OpenClawConfig } | null = null;
  const read = () => (choice ??= file.read());
  return {
    path,
    read,
    write(change) {
      choice = file.update((old) => ({ ...old, ...change }));
      last = null;
      return choice;
    },
    applyTo(config) {
      const { enabled, provider } = read();
      if (enabled === null && provider === null) return config;
      if (last?.from === config) return last.to;
      const { tts } = config;
      const mode = enabled === null ? tts.mode : !enabled ? "off" : tts.mode === "off" ? "always" : tts.mode;
      last = { from: config, to: { ...config, tts: { ...engineKeys(tts, provider), mode } } };
      return last.to;
    },
  };
}

function choiceOf(value: unknown): SpeechChoice {
  const { enabled, provider } = isObject(value) ? value : {};
  return {
    enabled: typeof enabled === "boolean" ? enabled : null,
    provider: typeof provider === "string" && provider !== "" ? provider : null,
  };
}

type Tts = OpenClawConfig["tts"];

/** `command` and `custom` stand for what the configuration names; any other word is a model provider. */
function engineKeys(tts: Tts, provider: string | null): Tts {
  if (provider === null || provider === "command") return tts;
  const { baseUrl, apiKey, ...rest } = tts;
  if (provider === "custom") return { ...tts, command: [] };
  const isConfigured = tts.provider === provider && baseUrl === undefined;
  return { ...rest, command: [], provider, ...(isConfigured && apiKey !== undefined ? { apiKey } : {}) };
}
