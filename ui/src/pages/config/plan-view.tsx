import type { JSX } from "preact";
import { Dialog } from "../../components/dialog.tsx";
import { t } from "./config-text.ts";
import type { Plan, PlanStep } from "./config-api.ts";

const longest = 60;

/** What a change would do, key by key, before it is done. */
export function PlanDialog({
  plan,
  onApply,
  onClose,
}: {
  plan: Plan;
  onApply: () => void;
  onClose: () => void;
}): JSX.Element {
  return (
    <Dialog title={t("planTitle")} onClose={onClose}>
      {plan.steps.length === 0 ? (
        <p>{t("nothing")}</p>
      ) : (
        <>
          <div class="table-scroll" tabIndex={0}>
            <table>
              <thead>
                <tr>
                  <th>{t("key")}</th>
                  <th>{t("before")}</th>
                  <th>{t("after")}</th>
                  <th>{t("effect")}</th>
                </tr>
              </thead>
              <tbody>
                {plan.steps.map((step) => (
                  <tr key={step.path}>
                    <td>
                      <code>{step.path}</code>
                    </td>
                    <td>{shown(step.before)}</td>
                    <td>{shown(step.after)}</td>
                    <td>{effect(step, plan)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <p>{plan.restart ? t("restarts") : t("stays")}</p>
        </>
      )}
      <div class="actions">
        <button type="button" onClick={onClose}>
          {t("close")}
        </button>
        {plan.steps.length === 0 ? null : (
          <button type="button" class="primary" onClick={onApply}>
            {t("apply")}
          </button>
        )}
      </div>
    </Dialog>
  );
}

export function shown(value: unknown): string {
  if (value === undefined) return "–";
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "–");
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}

function effect(step: PlanStep, plan: Plan): string {
  if (step.action === "shadowed") return t("shadowed", { by: step.by ?? "" });
  if (!step.applies) return t("waits");
  if (plan.restart) return t("process");
  return step.action === "part" ? t("part", { part: step.part ?? "" }) : t("hot");
}
