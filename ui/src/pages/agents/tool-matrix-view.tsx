import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { ToolMatrix } from "../../../../src/gateway/contract.ts";
import { Loaded } from "../../components/async.tsx";
import { tellDone } from "../../components/toasts.tsx";
import { useQuery } from "../../gateway/query.ts";
import { t } from "./agents-text.ts";

/** Every tool by kind of conversation: allowed, or the rule that refuses it. */
export function ToolMatrixView({ agentId }: { agentId: string }): JSX.Element {
  const query = useQuery<ToolMatrix>("agents.tools", { agentId });
  const [onlyRefused, setOnlyRefused] = useState(false);
  return (
    <section class="card">
      <div class="row">
        <h2>{t("tools")}</h2>
        <span class="spacer" />
        <label class="row">
          <input
            type="checkbox"
            checked={onlyRefused}
            onChange={(event) => setOnlyRefused(event.currentTarget.checked)}
          />
          {t("onlyRefused")}
        </label>
      </div>
      <p class="soft">{t("matrix")}</p>
      <Loaded query={query}>
        {({ columns, tools }) => (
          <div class="table-scroll" tabIndex={0}>
            <table class="matrix">
              <thead>
                <tr>
                  <th>{t("tool")}</th>
                  {columns.map(({ session, owner }) => (
                    <th key={`${session} ${owner}`} class="align-center">
                      {t(session)}
                      <br />
                      {t(owner ? "owner" : "others")}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {tools
                  .filter(({ refusedBy }) => !onlyRefused || refusedBy.some((rule) => rule !== null))
                  .map((tool) => (
                    <tr key={tool.name}>
                      <th scope="row" title={tool.about}>
                        <code>{tool.name}</code> <span class="soft">{t(tool.effect)}</span>
                      </th>
                      {tool.refusedBy.map((rule, index) => (
                        <td key={index} class="align-center">
                          {rule === null ? (
                            <span class="good" role="img" aria-label={t("allowed")}>
                              ✓
                            </span>
                          ) : (
                            <Refusal rule={rule} />
                          )}
                        </td>
                      ))}
                    </tr>
                  ))}
              </tbody>
            </table>
          </div>
        )}
      </Loaded>
    </section>
  );
}

/** A press says the rule where nothing hovers. */
function Refusal({ rule }: { rule: string }): JSX.Element {
  const said = t("refused", { rule });
  return (
    <button
      type="button"
      class="quiet small bad"
      aria-label={said}
      title={said}
      onClick={() => tellDone(said)}
    >
      ✕
    </button>
  );
}
