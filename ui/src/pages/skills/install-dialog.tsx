import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { SkillInstall, SkillStatus } from "../../../../src/agent/skills-status.ts";
import { Command } from "../../components/command.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Failure } from "../../components/failure.tsx";
import { tellDone } from "../../components/toasts.tsx";
import { call } from "../../gateway/connection.ts";
import { t } from "./skills-text.ts";

interface End {
  ok: boolean;
  message: string;
  stdout: string;
  stderr: string;
}

/** The gateway gives up before this page does. */
const timeoutMs = 300_000;
const answerMs = 310_000;

/** Shows what would be done, does it when told to, and shows what became of it. */
export function InstallDialog({
  skill,
  way,
  agentId,
  onClose,
}: {
  skill: SkillStatus;
  way: SkillInstall;
  agentId: string;
  onClose: (installed: boolean) => void;
}): JSX.Element {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [failed, setFailed] = useState<End | null>(null);
  const start = async () => {
    setBusy(true);
    setError(null);
    setFailed(null);
    try {
      const wish = { name: skill.name, installId: way.id, plan: way.plan, timeoutMs };
      const end = await call<End>("skills.install", agentId === "" ? wish : { ...wish, agentId }, {
        timeoutMs: answerMs,
      });
      if (end.ok) {
        tellDone(end.message);
        return onClose(true);
      }
      setFailed(end);
    } catch (caught) {
      setError(caught);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={t("installFor", { name: skill.name })} onClose={() => onClose(false)}>
      <p>{t("willRun")}</p>
      <Command text={way.command ?? ""} />
      <p class="soft">{t(way.kind === "brew" ? "forMachine" : "intoTools", { bins: way.bins.join(", ") })}</p>
      {error === null ? null : <Failure error={error} />}
      {failed === null ? null : (
        <div role="alert">
          <p>{t("notInstalled", { why: failed.message })}</p>
          {failed.stdout + failed.stderr === "" ? null : (
            <pre tabIndex={0}>{`${failed.stdout}\n${failed.stderr}`.trim()}</pre>
          )}
        </div>
      )}
      <div class="actions">
        <button type="button" onClick={() => onClose(false)}>
          {t("cancel")}
        </button>
        <button type="button" class="primary" disabled={busy} onClick={() => void start()}>
          {t(busy ? "installing" : "install")}
        </button>
      </div>
    </Dialog>
  );
}
