import type { JSX, TargetedInputEvent } from "preact";
import { t } from "./onboarding-text.ts";

export type Value = string | boolean | string[];

/** A step as the gateway asks it (`wizard.start`, `wizard.next`). */
export interface WizardStep {
  id: string;
  type: "note" | "select" | "text" | "confirm" | "multiselect";
  title: string;
  message: string;
  options?: Array<{ value: string; label: string; hint?: string }>;
  initialValue?: Value;
  placeholder?: string;
  sensitive?: boolean;
  canGoBack: boolean;
}

/** The field a step is answered in. */
export function StepField(of: {
  step: WizardStep;
  value: Value | undefined;
  change: (value: Value) => void;
}): JSX.Element | null {
  const { step, value, change } = of;
  if (step.type === "note") return null;
  if (step.type === "text") {
    const field = {
      class: "wide",
      autocomplete: "off",
      spellcheck: false,
      "aria-label": step.title,
      "aria-describedby": "wizard-asked",
      placeholder: step.placeholder ?? "",
      value: typeof value === "string" ? value : "",
      onInput: (event: TargetedInputEvent<HTMLInputElement>) => change(event.currentTarget.value),
    };
    return step.sensitive ? <input type="password" {...field} /> : <input type="text" {...field} />;
  }
  const options =
    step.type === "confirm"
      ? [
          { value: "yes", label: t("yes") },
          { value: "no", label: t("no") },
        ]
      : (step.options ?? []);
  if (options.length === 0) return <p class="soft">{t("none")}</p>;
  const many = step.type === "multiselect";
  const chosen = Array.isArray(value) ? value : [];
  const isChosen = (option: string) =>
    step.type === "confirm"
      ? value === (option === "yes")
      : many
        ? chosen.includes(option)
        : value === option;
  const choose = (option: string, checked: boolean) => {
    if (step.type === "confirm") change(option === "yes");
    else if (many) change(checked ? [...chosen, option] : chosen.filter((each) => each !== option));
    else change(option);
  };
  return (
    <fieldset aria-describedby="wizard-asked">
      <legend class="visually-hidden">{step.title}</legend>
      {options.map((option) => (
        <label key={option.value} class="choice">
          <input
            type={many ? "checkbox" : "radio"}
            name="wizard-choice"
            checked={isChosen(option.value)}
            onChange={(event) => choose(option.value, event.currentTarget.checked)}
          />
          <span>
            {option.label}
            {"hint" in option && option.hint !== undefined ? (
              <span class="soft"> · {option.hint}</span>
            ) : null}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
