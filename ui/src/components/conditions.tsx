import type { JSX } from "preact";
import type { Condition } from "../gateway/health.ts";
import { format } from "../i18n/index.ts";
import { saidCondition } from "../i18n/said/index.ts";
import { Detail } from "./detail.tsx";
import { Hint } from "./failure.tsx";

const marks = { error: "bad", warning: "warn", notice: "" } as const;

/** What is the matter, since when, what was seen, and the command that says more or mends it. */
export function Conditions({ conditions }: { conditions: readonly Condition[] }): JSX.Element {
  return (
    <ul class="conditions">
      {conditions.map((condition) => (
        <li key={condition.code + condition.text} class={`condition ${marks[condition.severity]}`}>
          <Words condition={condition} />
          <p class="soft">
            {condition.since === undefined ? null : <>{format.ago(condition.since)} · </>}
            <Hint text={condition.hint} />
          </p>
        </li>
      ))}
    </ul>
  );
}

function Words({ condition }: { condition: Condition }): JSX.Element {
  const said = saidCondition(condition);
  return (
    <>
      <strong>{said.title}</strong>
      <p>{said.text}</p>
      <Detail said={said} />
    </>
  );
}
