import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { perform } from "../../components/perform.ts";
import { call } from "../../gateway/connection.ts";
import type { SessionRow } from "./sessions-api.ts";
import { t } from "./sessions-text.ts";

const choices = {
  thinkingLevel: ["off", "minimal", "low", "medium", "high", "xhigh"],
  verboseLevel: ["off", "on", "full"],
} as const;
const names = { thinkingLevel: "thinking", verboseLevel: "verbose" } as const;
type Setting = keyof typeof choices;

/** Settings of one conversation that outlive its resets. Each is saved when it is chosen. */
export function SessionSettings({ row, onSaved }: { row: SessionRow; onSaved: () => void }): JSX.Element {
  const [label, setLabel] = useState(row.label ?? "");
  useEffect(() => setLabel(row.label ?? ""), [row.label]);
  const patch = async (change: Record<string, unknown>) => {
    await perform(() => call("sessions.patch", { key: row.key, ...change }), t("saved"));
    onSaved();
  };
  return (
    <section class="card fields">
      <h2>{t("settings")}</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void patch({ label: label.trim() === "" ? null : label.trim() });
        }}
      >
        <label>
          {t("label")}
          <span class="row">
            <input
              class="fill-row"
              maxlength={64}
              value={label}
              onInput={(event) => setLabel(event.currentTarget.value)}
            />
            <button type="submit" disabled={label.trim() === (row.label ?? "")}>
              {t("save")}
            </button>
          </span>
        </label>
      </form>
      {(Object.keys(choices) as Setting[]).map((setting) => (
        <label key={setting}>
          {t(names[setting])}
          <select
            value={row[setting] ?? ""}
            onChange={(event) => void patch({ [setting]: event.currentTarget.value || null })}
          >
            <option value="">{t("byAgent")}</option>
            {choices[setting].map((level) => (
              <option key={level} value={level}>
                {level}
              </option>
            ))}
          </select>
        </label>
      ))}
    </section>
  );
}
