import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { AgentChoice, type KnownAgents } from "../../components/agent-choice.tsx";
import { Loaded } from "../../components/async.tsx";
import { tellFailed } from "../../components/toasts.tsx";
import { call } from "../../gateway/connection.ts";
import { useQuery } from "../../gateway/query.ts";
import { format } from "../../i18n/index.ts";
import { followLink, href } from "../../router.ts";
import { ModelList } from "./model-list.tsx";
import { t } from "./models-text.ts";
import { UsageView } from "./usage-view.tsx";

interface Profile {
  provider: string;
  profileId: string;
  kind: string;
  source: string;
  state: "valid" | "expired" | "missing" | "cooldown" | "disabled" | "invalid" | "unreachable";
  detail?: string;
  expiresAt?: number;
  cooldownUntil?: number;
  latencyMs?: number;
}
interface Status {
  agentId: string;
  primary: string;
  fallbacks?: string[];
  profiles: Profile[];
}

const probeMs = 60_000;
const soonMs = 3 * 86_400_000;

/** Which models answer in which order, with what logins, and what they cost. */
export function ModelsPage(): JSX.Element {
  const [agentId, setAgent] = useState("");
  const agents = useQuery<KnownAgents>("agents.list");
  const query = useQuery<Status>("models.status", agentId === "" ? {} : { agentId }, { everyMs: 30_000 });
  const [probed, setProbed] = useState<{ of: string; profiles: Profile[] } | null>(null);
  const [probing, setProbing] = useState(false);
  const probe = async () => {
    setProbing(true);
    try {
      const params = { probe: true, ...(agentId === "" ? {} : { agentId }) };
      const { profiles } = await call<Status>("models.status", params, { timeoutMs: probeMs });
      setProbed({ of: agentId, profiles });
    } catch (error) {
      tellFailed(error);
    }
    setProbing(false);
  };
  const address = { find: "model" };
  return (
    <div class="page">
      <header>
        <h1>{t("title")}</h1>
        <span class="spacer" />
        <AgentChoice label={t("atAgent")} known={agents.data} chosen={agentId} onChoose={setAgent} />
        <button type="button" disabled={probing} aria-busy={probing} onClick={() => void probe()}>
          {t(probing ? "probing" : "probe")}
        </button>
      </header>
      <Loaded query={query}>
        {(status) => (
          <>
            <section class="card">
              <h2>{t("order")}</h2>
              <p class="soft">{t("orderOf", { agent: status.agentId })}</p>
              <ol class="failover">
                {[status.primary, ...(status.fallbacks ?? [])].map((ref, index) => (
                  <li key={`${index} ${ref}`}>
                    <code>{ref}</code> <span class="soft">{t(index === 0 ? "first" : "fallback")}</span>
                  </li>
                ))}
              </ol>
              <p class="actions">
                <a href={href("config", address)} onClick={(event) => followLink(event, "config", address)}>
                  {t("change")}
                </a>
              </p>
            </section>
            <section class="card">
              <h2>{t("logins")}</h2>
              <Logins
                profiles={probed !== null && probed.of === agentId ? probed.profiles : status.profiles}
              />
            </section>
          </>
        )}
      </Loaded>
      <UsageView />
      <ModelList />
    </div>
  );
}

function Logins({ profiles }: { profiles: Profile[] }): JSX.Element {
  if (profiles.length === 0) return <p class="soft">{t("noLogins")}</p>;
  return (
    <div class="table-scroll" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th>{t("provider")}</th>
            <th>{t("profile")}</th>
            <th>{t("state")}</th>
            <th>{t("expires")}</th>
            <th>{t("source")}</th>
          </tr>
        </thead>
        <tbody>
          {profiles.map((profile) => (
            <tr key={`${profile.provider} ${profile.profileId}`}>
              <td>{profile.provider}</td>
              <td>
                {profile.profileId}{" "}
                {profile.kind === "none" ? null : <span class="soft">{profile.kind}</span>}
              </td>
              <td>
                <span class={`pill ${markOf(profile)}`}>{stateOf(profile)}</span>
                {profile.latencyMs === undefined ? null : <span class="soft"> {profile.latencyMs} ms</span>}
                {profile.detail === undefined ? null : <div class="soft">{profile.detail}</div>}
              </td>
              <td
                class={
                  profile.expiresAt !== undefined && profile.expiresAt < Date.now() + soonMs ? "warn" : ""
                }
              >
                {profile.expiresAt === undefined ? t("never") : format.dateTime(profile.expiresAt)}
              </td>
              <td>{profile.source}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function markOf({ state }: Profile): string {
  if (state === "valid") return "good";
  return state === "cooldown" || state === "disabled" ? "warn" : "bad";
}

function stateOf({ state, cooldownUntil }: Profile): string {
  if (state !== "cooldown") return t(state);
  return t("cooldown", { time: cooldownUntil === undefined ? "?" : format.time(cooldownUntil) });
}
