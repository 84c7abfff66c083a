import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { SkillStatus } from "../../../../src/agent/skills-status.ts";
import { Loaded } from "../../components/async.tsx";
import { perform } from "../../components/perform.ts";
import { call } from "../../gateway/connection.ts";
import { useQuery } from "../../gateway/query.ts";
import { may } from "../../gateway/scopes.ts";
import { t } from "./skills-text.ts";

interface Report {
  workspaceDir: string;
  skills: SkillStatus[];
}

const kinds = ["bins", "anyBins", "env", "config", "os"] as const;

/** The skills of an agent, and what each still needs. */
export function SkillsPage(): JSX.Element {
  const [agentId, setAgent] = useState("");
  const [words, setWords] = useState("");
  const [onlyMissing, setOnlyMissing] = useState(false);
  const agents = useQuery<{ defaultId: string; agents: Array<{ id: string }> }>("agents.list");
  const query = useQuery<Report>("skills.status", agentId === "" ? {} : { agentId }, { everyMs: 30_000 });
  const enable = async (skill: SkillStatus, enabled: boolean) => {
    await perform(async () => {
      const { hash } = await call<{ hash: string }>("config.get");
      const patch = { skills: { entries: { [skill.skillKey]: { enabled } } } };
      await call("config.merge", { patch, baseHash: hash });
    }, t("saved"));
    await query.reload();
  };
  return (
    <div class="page">
      <header>
        <h1>{t("title")}</h1>
      </header>
      <div class="filters">
        <input
          type="search"
          aria-label={t("find")}
          placeholder={t("find")}
          value={words}
          onInput={(event) => setWords(event.currentTarget.value)}
        />
        {(agents.data?.agents.length ?? 0) > 1 ? (
          <label class="row">
            {t("agent")}
            <select
              value={agentId || agents.data?.defaultId}
              onChange={(event) => setAgent(event.currentTarget.value)}
            >
              {agents.data?.agents.map(({ id }) => (
                <option key={id} value={id}>
                  {id}
                </option>
              ))}
            </select>
          </label>
        ) : null}
        <label class="row">
          <input
            type="checkbox"
            checked={onlyMissing}
            onChange={(event) => setOnlyMissing(event.currentTarget.checked)}
          />
          {t("onlyMissing")}
        </label>
      </div>
      <Loaded query={query}>
        {({ skills, workspaceDir }) => {
          const found = skills.filter(
            (skill) =>
              (!onlyMissing || lacking(skill)) &&
              `${skill.name} ${skill.description}`.toLowerCase().includes(words.trim().toLowerCase()),
          );
          return (
            <section class="card">
              <p class="soft">
                {t("counts", { ready: skills.filter(({ eligible }) => eligible).length, all: skills.length })}
              </p>
              {found.length === 0 ? (
                <p class="soft">{t("none", { place: `${workspaceDir}/skills` })}</p>
              ) : null}
              <ul class="rows">
                {found.map((skill) => (
                  <li key={skill.skillKey}>
                    <Skill skill={skill} />
                    {may("admin") ? (
                      <button
                        type="button"
                        aria-label={`${t(skill.disabled ? "enable" : "disable")}: ${skill.name}`}
                        onClick={() => void enable(skill, skill.disabled)}
                      >
                        {t(skill.disabled ? "enable" : "disable")}
                      </button>
                    ) : null}
                  </li>
                ))}
              </ul>
            </section>
          );
        }}
      </Loaded>
    </div>
  );
}

const lacking = ({ missing }: SkillStatus): boolean => kinds.some((kind) => missing[kind].length > 0);

function Skill({ skill }: { skill: SkillStatus }): JSX.Element {
  const { state, mark } = stateOf(skill);
  return (
    <div class="fill">
      <div class="row">
        <strong>
          {skill.emoji} {skill.name}
        </strong>
        <span class={`pill ${mark}`}>{t(state)}</span>
        <span class="soft">{t("from", { source: skill.source })}</span>
      </div>
      <p>{skill.description}</p>
      {lacking(skill) ? (
        <ul class="missing">
          {kinds
            .filter((kind) => skill.missing[kind].length > 0)
            .map((kind) => (
              <li key={kind}>
                {t(kind)}: <code>{skill.missing[kind].join(", ")}</code>
              </li>
            ))}
          {skill.install.map((way) => (
            <li key={way.id}>{way.label}</li>
          ))}
        </ul>
      ) : null}
      <p class="soft">
        {t("file")}: <code>{skill.filePath}</code>
        {skill.homepage !== undefined && /^https?:\/\//.test(skill.homepage) ? (
          <>
            {" · "}
            <a href={skill.homepage} target="_blank" rel="noopener noreferrer">
              {t("homepage")}
            </a>
          </>
        ) : null}
      </p>
    </div>
  );
}

function stateOf(skill: SkillStatus) {
  if (skill.disabled) return { state: "off", mark: "" } as const;
  if (skill.blockedByAllowlist) return { state: "blocked", mark: "warn" } as const;
  if (skill.eligible) return { state: "ready", mark: "good" } as const;
  return { state: "lacks", mark: "warn" } as const;
}
