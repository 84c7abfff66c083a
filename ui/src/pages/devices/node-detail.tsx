import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Loaded } from "../../components/async.tsx";
import { perform } from "../../components/perform.ts";
import { call } from "../../gateway/connection.ts";
import { useQuery } from "../../gateway/query.ts";
import { may } from "../../gateway/scopes.ts";
import { format } from "../../i18n/index.ts";
import { followLink, href } from "../../router.ts";
import { nameOfNode, type Node } from "./devices-api.ts";
import { t } from "./devices-text.ts";
import { NodeCommands } from "./node-commands.tsx";
import { NodeRules } from "./node-rules.tsx";
import { NodeRun } from "./node-run.tsx";
import { RenameDialog } from "./rename-dialog.tsx";

/** One node: what it is, what it may be asked, whose word its commands need, and a command for it. */
export function NodeDetail({ nodeId }: { nodeId: string }): JSX.Element {
  const query = useQuery<Node>("node.describe", { nodeId }, { events: ["presence"], everyMs: 10_000 });
  const [renaming, setRenaming] = useState(false);
  const rename = async (displayName: string) => {
    setRenaming(false);
    await perform(() => call("node.rename", { nodeId, displayName }), t("done"));
    await query.reload();
  };
  return (
    <div class="page">
      <header>
        <a href={href("devices")} onClick={(event) => followLink(event, "devices")}>
          ← {t("title")}
        </a>
      </header>
      <Loaded query={query}>
        {(node) => (
          <>
            <header>
              <h1>{nameOfNode(node)}</h1>
              <span class={node.connected ? "pill good" : "pill"}>
                {node.connected ? t("connected") : t("away")}
              </span>
              {may("pairing") ? (
                <button type="button" onClick={() => setRenaming(true)}>
                  {t("rename")}
                </button>
              ) : null}
            </header>
            <section class="card">
              <Facts node={node} />
            </section>
            <NodeCommands node={node} onChanged={() => void query.reload()} />
            {may("admin") && node.connected ? (
              <>
                {node.commands.includes("system.run") ? <NodeRun node={node} /> : null}
                {node.commands.includes("system.execApprovals.get") ? <NodeRules nodeId={nodeId} /> : null}
              </>
            ) : null}
            {renaming ? (
              <RenameDialog
                name={nameOfNode(node)}
                onRename={(name) => void rename(name)}
                onClose={() => setRenaming(false)}
              />
            ) : null}
          </>
        )}
      </Loaded>
    </div>
  );
}

function Facts({ node }: { node: Node }): JSX.Element {
  const permissions = Object.entries(node.permissions ?? {}).map(
    ([name, given]) => `${name}: ${given ? t("given") : t("notGiven")}`,
  );
  const rows: Array<[string, string | undefined]> = [
    [t("platform"), [node.platform, node.version].filter(Boolean).join(" · ")],
    [t("address"), node.remoteIp],
    [t("since"), node.connectedAtMs === undefined ? undefined : format.dateTime(node.connectedAtMs)],
    [t("caps"), node.caps.join(", ")],
    [t("permissions"), permissions.join(", ")],
    ["PATH", node.pathEnv],
    ["id", node.nodeId],
  ];
  return (
    <dl class="facts">
      {rows
        .filter(([, value]) => value !== undefined && value !== "")
        .map(([name, value]) => (
          <>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </>
        ))}
    </dl>
  );
}
