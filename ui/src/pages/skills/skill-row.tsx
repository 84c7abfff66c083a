import type { JSX } from "preact";
import type { SkillInstall, SkillStatus } from "../../../../src/agent/skills-status.ts";
import { may } from "../../gateway/scopes.ts";
import { t } from "./skills-text.ts";
import { variablesOf } from "./values-dialog.tsx";

const kinds = ["bins", "anyBins", "env", "config", "os"] as const;

export const lacking = ({ missing }: SkillStatus): boolean => kinds.some((kind) => missing[kind].length > 0);

/** One skill: what it is, what it lacks, and what can be done about it. */
export function SkillRow({
  skill,
  onEnable,
  onValues,
  onInstall,
}: {
  skill: SkillStatus;
  onEnable: (enabled: boolean) => void;
  onValues: () => void;
  onInstall: (way: SkillInstall) => void;
}): JSX.Element {
  const { state, mark } = stateOf(skill);
  const needsPrograms = skill.missing.bins.length + skill.missing.anyBins.length > 0;
  return (
    <>
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
          </ul>
        ) : null}
        {needsPrograms ? (
          <ul class="ways">
            {skill.install.map((way) => (
              <Way key={way.id} way={way} onInstall={() => onInstall(way)} />
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
      {may("admin") ? (
        <div class="does">
          {variablesOf(skill).length > 0 ? (
            <button type="button" aria-label={`${t("values")}: ${skill.name}`} onClick={onValues}>
              {t("values")}
            </button>
          ) : null}
          <button
            type="button"
            aria-label={`${t(skill.disabled ? "enable" : "disable")}: ${skill.name}`}
            onClick={() => onEnable(skill.disabled)}
          >
            {t(skill.disabled ? "enable" : "disable")}
          </button>
        </div>
      ) : null}
    </>
  );
}

function Way({ way, onInstall }: { way: SkillInstall; onInstall: () => void }): JSX.Element {
  if (way.command === undefined)
    return (
      <li class="soft">
        {way.refused === undefined ? way.label : t("byHand", { way: way.label, why: way.refused })}
      </li>
    );
  return (
    <li>
      {may("admin") ? (
        <button type="button" onClick={onInstall}>
          {way.label}
        </button>
      ) : (
        way.label
      )}{" "}
      <code>{way.command}</code>
    </li>
  );
}

function stateOf(skill: SkillStatus) {
  if (skill.disabled) return { state: "off", mark: "" } as const;
  if (skill.blockedByAllowlist) return { state: "blocked", mark: "warn" } as const;
  if (skill.eligible) return { state: "ready", mark: "good" } as const;
  return { state: "lacks", mark: "warn" } as const;
}
