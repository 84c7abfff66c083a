import { Fragment, type JSX } from "preact";
import { Loaded } from "../../components/async.tsx";
import { useQuery } from "../../gateway/query.ts";
import { may } from "../../gateway/scopes.ts";
import { followLink, go, href, place } from "../../router.ts";
import { t } from "./agents-text.ts";
import { FilesView } from "./files-view.tsx";
import { ToolMatrixView } from "./tool-matrix-view.tsx";

interface Agent {
  id: string;
  name?: string;
  identity?: { name?: string; emoji?: string; theme?: string };
}

const views = ["files", "tools"] as const;

/** Who the agents are, the files they live by, and what they may do. */
export function AgentsPage(): JSX.Element {
  const query = useQuery<{ defaultId: string; agents: Agent[] }>("agents.list");
  const asked = place.value.query;
  const view = views.find((name) => name === asked.get("view")) ?? (may("admin") ? "files" : "tools");
  return (
    <div class="page">
      <header>
        <h1>{t("title")}</h1>
        <div class="tabs" role="tablist" aria-label={t("title")}>
          {views.map((name) =>
            name === "files" && !may("admin") ? null : (
              <button
                key={name}
                type="button"
                role="tab"
                aria-selected={view === name}
                onClick={() => go("agents", { agent: asked.get("agent") ?? undefined, view: name })}
              >
                {t(name)}
              </button>
            ),
          )}
        </div>
      </header>
      <Loaded query={query}>
        {({ agents, defaultId }) => {
          const agent =
            agents.find(({ id }) => id === asked.get("agent")) ?? agents.find(({ id }) => id === defaultId);
          if (agent === undefined) return null;
          return (
            <>
              <section class="card">
                <div class="row">
                  <h2>{t("about")}</h2>
                  <span class="spacer" />
                  {agents.length > 1 ? (
                    <label class="row">
                      {t("agent")}
                      <select
                        value={agent.id}
                        onChange={(event) => go("agents", { agent: event.currentTarget.value, view })}
                      >
                        {agents.map(({ id }) => (
                          <option key={id} value={id}>
                            {id === defaultId ? `${id} (${t("standard")})` : id}
                          </option>
                        ))}
                      </select>
                    </label>
                  ) : null}
                </div>
                <Identity agent={agent} />
              </section>
              {view === "files" ? (
                <FilesView key={agent.id} agentId={agent.id} />
              ) : (
                <ToolMatrixView agentId={agent.id} />
              )}
            </>
          );
        }}
      </Loaded>
    </div>
  );
}

function Identity({ agent }: { agent: Agent }): JSX.Element {
  const { identity = {} } = agent;
  const find = { find: "agents" };
  const facts = [
    [t("id"), agent.id],
    [t("name"), identity.name ?? agent.name],
    [t("emoji"), identity.emoji],
    [t("theme"), identity.theme],
  ].filter((fact): fact is [string, string] => fact[1] !== undefined);
  return (
    <>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <Fragment key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </Fragment>
        ))}
      </dl>
      <p class="actions">
        <a href={href("config", find)} onClick={(event) => followLink(event, "config", find)}>
          {t("change")}
        </a>
      </p>
    </>
  );
}
