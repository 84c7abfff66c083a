import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Loaded } from "../../components/async.tsx";
import { Confirm } from "../../components/dialog.tsx";
import { useQuery } from "../../gateway/query.ts";
import { format } from "../../i18n/index.ts";
import { place } from "../../router.ts";
import { t } from "./agents-text.ts";
import { FileEditor } from "./file-editor.tsx";

interface AgentFile {
  name: string;
  missing: boolean;
  size?: number;
  updatedAtMs?: number;
}

/** The files an agent lives by, one of them in an editor. */
export function FilesView({ agentId }: { agentId: string }): JSX.Element {
  const query = useQuery<{ workspace: string; files: AgentFile[] }>(
    "agents.files.list",
    { agentId },
    { everyMs: 15_000 },
  );
  const [name, setName] = useState(place.value.query.get("file") ?? "AGENTS.md");
  const [changed, setChanged] = useState(false);
  const [wanted, want] = useState<string | null>(null);
  const choose = (next: string) => {
    if (next === name) return;
    if (changed) want(next);
    else setName(next);
  };
  return (
    <section class="card agent-files">
      <Loaded query={query}>
        {({ workspace, files }) => (
          <>
            <div>
              <h2>{t("files")}</h2>
              <p class="soft path">
                {t("workspace")}: <code>{workspace}</code>
              </p>
              <ul class="file-list">
                {files.map((file) => (
                  <li key={file.name}>
                    <button
                      type="button"
                      class="quiet"
                      aria-current={file.name === name ? "true" : undefined}
                      onClick={() => choose(file.name)}
                    >
                      <span>{file.name}</span>
                      <span class="soft">
                        {file.missing
                          ? t("missing")
                          : `${format.bytes(file.size ?? 0)} · ${format.ago(file.updatedAtMs ?? 0)}`}
                      </span>
                    </button>
                  </li>
                ))}
              </ul>
            </div>
            <FileEditor
              key={name}
              agentId={agentId}
              name={name}
              onChanged={setChanged}
              onSaved={() => void query.reload()}
            />
          </>
        )}
      </Loaded>
      {wanted === null ? null : (
        <Confirm
          title={t("leaveAction")}
          subject={t("leave", { name })}
          action={t("leaveAction")}
          onConfirm={() => {
            want(null);
            setChanged(false);
            setName(wanted);
          }}
          onCancel={() => want(null)}
        />
      )}
    </section>
  );
}
