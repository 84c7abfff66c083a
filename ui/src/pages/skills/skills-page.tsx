import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { SkillInstall, SkillStatus } from "../../../../src/agent/skills-status.ts";
import { AgentChoice, type KnownAgents } from "../../components/agent-choice.tsx";
import { Loaded } from "../../components/async.tsx";
import { perform } from "../../components/perform.ts";
import { call } from "../../gateway/connection.ts";
import { useQuery } from "../../gateway/query.ts";
import { InstallDialog } from "./install-dialog.tsx";
import { lacking, SkillRow } from "./skill-row.tsx";
import { t } from "./skills-text.ts";
import { ValuesDialog } from "./values-dialog.tsx";

interface Report {
  workspaceDir: string;
  skills: SkillStatus[];
}

type Open = { skill: SkillStatus; way: SkillInstall | null };

/** The skills of an agent, and what each still needs. */
export function SkillsPage(): JSX.Element {
  const [agentId, setAgent] = useState("");
  const [words, setWords] = useState("");
  const [onlyMissing, setOnlyMissing] = useState(false);
  const agents = useQuery<KnownAgents>("agents.list");
  const query = useQuery<Report>("skills.status", agentId === "" ? {} : { agentId }, { everyMs: 30_000 });
  const [open, setOpen] = useState<Open | null>(null);
  const closed = (changed: boolean) => {
    setOpen(null);
    if (changed) void query.reload();
  };
  const enable = async (skill: SkillStatus, enabled: boolean) => {
    await perform(() => call("skills.update", { skillKey: skill.skillKey, enabled }), t("saved"));
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
        <AgentChoice label={t("agent")} known={agents.data} chosen={agentId} onChoose={setAgent} />
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
          if (skills.length === 0)
            return (
              <section class="card">
                <p class="soft">{t("empty", { place: `${workspaceDir}/skills` })}</p>
              </section>
            );
          return (
            <section class="card">
              <p class="soft">
                {t("counts", { ready: skills.filter(({ eligible }) => eligible).length, all: skills.length })}
              </p>
              {found.length === 0 ? <p class="soft">{t("none")}</p> : null}
              <ul class="rows">
                {found.map((skill) => (
                  <li key={skill.skillKey}>
                    <SkillRow
                      skill={skill}
                      onEnable={(enabled) => void enable(skill, enabled)}
                      onValues={() => setOpen({ skill, way: null })}
                      onInstall={(way) => setOpen({ skill, way })}
                    />
                  </li>
                ))}
              </ul>
            </section>
          );
        }}
      </Loaded>
      {open === null ? null : open.way === null ? (
        <ValuesDialog skill={open.skill} onClose={closed} />
      ) : (
        <InstallDialog skill={open.skill} way={open.way} agentId={agentId} onClose={closed} />
      )}
    </div>
  );
}
