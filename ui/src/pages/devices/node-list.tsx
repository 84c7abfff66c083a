import type { JSX } from "preact";
import { Loaded } from "../../components/async.tsx";
import { Command } from "../../components/command.tsx";
import { useQuery } from "../../gateway/query.ts";
import { followLink, href } from "../../router.ts";
import { nameOfNode, type Node } from "./devices-api.ts";
import { t } from "./devices-text.ts";

/** Machines and phones that lend the assistant their commands; each leads to its own page. */
export function NodeList(): JSX.Element {
  const nodes = useQuery<{ nodes: Node[] }>("node.list", {}, { events: ["presence"], everyMs: 10_000 });
  return (
    <section class="card">
      <h2>{t("nodes")}</h2>
      <Loaded query={nodes}>
        {({ nodes: list }) =>
          list.length === 0 ? (
            <>
              <p class="soft">{t("noNodes")}</p>
              <Command text="openclaw qr --node" />
            </>
          ) : (
            <ul class="rows">
              {list.map((node) => (
                <li key={node.nodeId}>
                  <div>
                    <a
                      href={href("devices", { node: node.nodeId })}
                      onClick={(event) => followLink(event, "devices", { node: node.nodeId })}
                    >
                      <strong>{nameOfNode(node)}</strong>
                    </a>{" "}
                    <span class={node.connected ? "pill good" : "pill"}>
                      {node.connected ? t("connected") : t("away")}
                    </span>{" "}
                    <span class="soft">{[node.platform, node.version].filter(Boolean).join(" · ")}</span>
                    {node.commands.length === 0 ? null : (
                      <p class="soft">
                        {t("offers")}: {node.commands.join(", ")}
                      </p>
                    )}
                  </div>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </section>
  );
}
