import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Loaded } from "../../components/async.tsx";
import { perform } from "../../components/perform.ts";
import { call } from "../../gateway/connection.ts";
import { useQuery } from "../../gateway/query.ts";
import { t } from "./devices-text.ts";

interface Entry {
  id?: string;
  pattern: string;
  lastUsedCommand?: string;
}
interface Rules {
  security?: string;
  ask?: string;
  allowlist?: Entry[];
}
interface RulesFile {
  version?: number;
  defaults?: Rules;
  agents?: Record<string, Rules>;
}

/** Words of the file, and what they are called here. */
const choices = {
  security: { deny: "security_deny", allowlist: "security_allowlist", full: "security_full" },
  ask: { off: "ask_off", "on-miss": "ask_on-miss", always: "ask_always" },
} as const;

/** The rules on the node's own disk about which commands need a person: `exec-approvals.json`, read and written over there. */
export function NodeRules({ nodeId }: { nodeId: string }): JSX.Element {
  const query = useQuery<{ path: string; hash: string; file: RulesFile }>("exec.approvals.node.get", {
    nodeId,
  });
  const [pattern, setPattern] = useState("");
  const save = async (file: RulesFile) => {
    const params = { nodeId, file: { version: 1, ...file }, baseHash: query.data?.hash };
    const done = await perform(() => call("exec.approvals.node.set", params), t("done"));
    await query.reload();
    return done;
  };
  return (
    <section class="card fields">
      <h2>{t("rules")}</h2>
      <p class="soft">{t("rulesHow")}</p>
      <Loaded query={query}>
        {({ path, file }) => {
          const { defaults = {}, agents = {} } = file;
          const listOf = (agent: string) => agents[agent]?.allowlist ?? [];
          const withList = (agent: string, allowlist: Entry[]): RulesFile => ({
            ...file,
            agents: { ...agents, [agent]: { ...agents[agent], allowlist } },
          });
          return (
            <>
              <div class="filters">
                {(["security", "ask"] as const).map((name) => (
                  <label key={name} class="row">
                    {t(name)}
                    <select
                      value={defaults[name] ?? ""}
                      onChange={(event) => {
                        const { [name]: _old, ...rest } = defaults;
                        const { value } = event.currentTarget;
                        void save({
                          ...file,
                          defaults: value === "" ? rest : { ...rest, [name]: value },
                        });
                      }}
                    >
                      <option value="">{t("asItsConfig")}</option>
                      {Object.entries(choices[name]).map(([word, text]) => (
                        <option key={word} value={word}>
                          {t(text)}
                        </option>
                      ))}
                    </select>
                  </label>
                ))}
              </div>
              <ul class="rows wide">
                {Object.keys(agents).flatMap((agent) =>
                  listOf(agent).map((entry) => (
                    <li key={`${agent} ${entry.id ?? entry.pattern}`}>
                      <div class="fill">
                        <code>{entry.pattern}</code>{" "}
                        <span class="soft">
                          {agent === "*" ? t("everyAgent") : agent}
                          {entry.lastUsedCommand ? ` · ${entry.lastUsedCommand}` : ""}
                        </span>
                      </div>
                      <button
                        type="button"
                        class="small danger"
                        onClick={() =>
                          void save(
                            withList(
                              agent,
                              listOf(agent).filter((each) => each !== entry),
                            ),
                          )
                        }
                      >
                        {t("remove")}
                      </button>
                    </li>
                  )),
                )}
              </ul>
              <form
                class="row"
                onSubmit={(event) => {
                  event.preventDefault();
                  const list = [...listOf("*"), { pattern: pattern.trim() }];
                  void save(withList("*", list)).then((done) => done && setPattern(""));
                }}
              >
                <input
                  class="fill-row code"
                  aria-label={t("pattern")}
                  placeholder={t("pattern")}
                  value={pattern}
                  onInput={(event) => setPattern(event.currentTarget.value)}
                />
                <button type="submit" disabled={pattern.trim() === ""}>
                  {t("add")}
                </button>
              </form>
              <p class="soft">{path}</p>
            </>
          );
        }}
      </Loaded>
    </section>
  );
}
