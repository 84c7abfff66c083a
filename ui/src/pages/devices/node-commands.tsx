import type { JSX } from "preact";
import { perform } from "../../components/perform.ts";
import { call } from "../../gateway/connection.ts";
import { useQuery } from "../../gateway/query.ts";
import { may } from "../../gateway/scopes.ts";
import type { Node } from "./devices-api.ts";
import { t } from "./devices-text.ts";

interface Lists {
  allowCommands: string[];
  denyCommands: string[];
}

const takenMs = 1500;

/** What a node offers, and the gateway's word on each: by its platform, or by the operator's lists, which hold for all nodes. */
export function NodeCommands({ node, onChanged }: { node: Node; onChanged: () => void }): JSX.Element {
  const config = useQuery<{ config: { gateway?: { nodes?: Partial<Lists> } }; hash: string }>(
    may("admin") ? "config.get" : null,
  );
  const { allowCommands = [], denyCommands = [] } = config.data?.config.gateway?.nodes ?? {};
  const declared = node.declared ?? node.commands;
  const set = async (command: string, allow: boolean) => {
    const without = (list: string[]) => list.filter((each) => each !== command);
    const lists: Lists = allow
      ? {
          denyCommands: without(denyCommands),
          // One that was only denied comes back by its platform; others have to be added.
          allowCommands: denyCommands.includes(command)
            ? allowCommands
            : [...without(allowCommands), command],
        }
      : { allowCommands: without(allowCommands), denyCommands: [...without(denyCommands), command] };
    const params = { patch: { gateway: { nodes: lists } }, baseHash: config.data?.hash };
    await perform(() => call("config.merge", params), t("done"));
    await config.reload();
    onChanged();
    // A running gateway takes a change within a second.
    setTimeout(onChanged, takenMs);
  };
  const why = (command: string, allowed: boolean) => {
    if (denyCommands.includes(command)) return t("byDeny");
    if (allowCommands.includes(command)) return t("byAllow");
    return allowed ? null : t("notByPlatform");
  };
  return (
    <section class="card">
      <h2>{t("commands")}</h2>
      {declared.length === 0 ? <p class="soft">{t("offersNothing")}</p> : <p class="soft">{t("allNodes")}</p>}
      <ul class="node-commands">
        {declared.map((command) => {
          const allowed =
            !denyCommands.includes(command) &&
            (allowCommands.includes(command) || node.commands.includes(command));
          return (
            <li key={command}>
              <label class="row">
                <input
                  type="checkbox"
                  checked={allowed}
                  disabled={config.data === null}
                  onChange={(event) => void set(command, event.currentTarget.checked)}
                />
                <code>{command}</code>
              </label>
              <span class="soft why">{why(command, allowed)}</span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
