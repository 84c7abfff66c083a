import type { JSX } from "preact";
import { Loaded } from "../../components/async.tsx";
import { Command } from "../../components/command.tsx";
import { useQuery } from "../../gateway/query.ts";
import { followLink, href } from "../../router.ts";
import { t } from "./automation-text.ts";

interface HookList {
  enabled: boolean;
  path: string;
  hasToken: boolean;
  mappings: Array<{
    match?: { path?: string; source?: string };
    action?: string;
    name?: string;
    agentId?: string;
  }>;
}

/** Which calls of other programs wake the assistant. */
export function Hooks(): JSX.Element {
  const query = useQuery<HookList>("hooks.list");
  const find = { find: "hooks" };
  return (
    <section class="card">
      <h2>{t("hooks")}</h2>
      <Loaded query={query}>
        {({ enabled, path, hasToken, mappings }) =>
          enabled ? (
            <>
              {hasToken ? (
                <p>{t("hooksAt", { path })}</p>
              ) : (
                <p class="warn">
                  {t("noToken")} <Command text="openclaw config set hooks.token YOUR_TOKEN" />
                </p>
              )}
              <ul class="rows">
                {[
                  { where: `${path}/wake`, what: t("wakePath") },
                  { where: `${path}/agent`, what: t("agentPath") },
                  ...mappings.map(({ match, action, name, agentId }) => ({
                    where:
                      match?.path === undefined ? `source: ${match?.source ?? "*"}` : `${path}/${match.path}`,
                    what: [name, t(action === "wake" ? "wakePath" : "agentPath"), agentId]
                      .filter(Boolean)
                      .join(" · "),
                  })),
                ].map(({ where, what }) => (
                  <li key={where}>
                    <code>{where}</code>
                    <span class="soft">{what}</span>
                  </li>
                ))}
              </ul>
            </>
          ) : (
            <p class="soft">{t("hooksOff")}</p>
          )
        }
      </Loaded>
      <p class="actions">
        <a href={href("config", find)} onClick={(event) => followLink(event, "config", find)}>
          {t("change")}
        </a>
      </p>
    </section>
  );
}
