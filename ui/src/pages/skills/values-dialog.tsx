import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { SkillStatus } from "../../../../src/agent/skills-status.ts";
import { Dialog } from "../../components/dialog.tsx";
import { Failure } from "../../components/failure.tsx";
import { tellDone } from "../../components/toasts.tsx";
import { call } from "../../gateway/connection.ts";
import { t } from "./skills-text.ts";

/** Names of the variables a skill asks for; its key first. */
export function variablesOf({ primaryEnv, requirements }: SkillStatus): string[] {
  return [...new Set([...(primaryEnv === undefined ? [] : [primaryEnv]), ...requirements.env])];
}

/** Asks for the values of a skill's variables. What is there is never shown; an empty field leaves it as it is. */
export function ValuesDialog({
  skill,
  onClose,
}: {
  skill: SkillStatus;
  onClose: (saved: boolean) => void;
}): JSX.Element {
  const [values, setValues] = useState<Record<string, string>>({});
  const [removed, setRemoved] = useState<readonly string[]>([]);
  const [error, setError] = useState<unknown>(null);
  const save = async () => {
    const { skillKey, primaryEnv } = skill;
    const env: Record<string, string> = {};
    let apiKey: string | undefined;
    for (const name of variablesOf(skill)) {
      const value = removed.includes(name) ? "" : values[name] || undefined;
      if (value === undefined) continue;
      if (name === primaryEnv) apiKey = value;
      // A key may stand under its own name too.
      if (name !== primaryEnv || value === "") env[name] = value;
    }
    setError(null);
    try {
      await call("skills.update", { skillKey, ...(apiKey === undefined ? {} : { apiKey }), env });
      tellDone(t("saved"));
      onClose(true);
    } catch (caught) {
      setError(caught);
    }
  };
  return (
    <Dialog title={t("valuesFor", { name: skill.name })} onClose={() => onClose(false)}>
      <form
        class="fields"
        autocomplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        {error === null ? null : <Failure error={error} />}
        <p class="soft">{t("onlyItsCommands")}</p>
        {variablesOf(skill).map((name) => (
          <div key={name}>
            <label>
              {name}
              <input
                type="password"
                class="code"
                autocomplete="off"
                spellcheck={false}
                placeholder={skill.given.includes(name) ? t("isSet") : ""}
                disabled={removed.includes(name)}
                value={values[name] ?? ""}
                onInput={(event) => setValues({ ...values, [name]: event.currentTarget.value })}
              />
            </label>
            {skill.given.includes(name) ? (
              <label class="row">
                <input
                  type="checkbox"
                  checked={removed.includes(name)}
                  onChange={(event) =>
                    setRemoved(
                      event.currentTarget.checked
                        ? [...removed, name]
                        : removed.filter((each) => each !== name),
                    )
                  }
                />
                {t("remove", { name })}
              </label>
            ) : null}
          </div>
        ))}
        <div class="actions">
          <button type="button" onClick={() => onClose(false)}>
            {t("cancel")}
          </button>
          <button type="submit" class="primary">
            {t("save")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
