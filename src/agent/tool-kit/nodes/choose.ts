import { sleep } from "../../../core/clock.ts";
import { codeOf, UserError } from "../../../core/errors.ts";
import type { ToolContext } from "../../contract.ts";
import type { NodeServices, ToolNode } from "./contract.ts";

const shortestPrefix = 4;

/**
 * The node meant by an id, the beginning of one (four characters or more) or a name; upper and lower case alike.
 * @throws UserError NODE_UNKNOWN
 */
export function findNode(nodes: readonly ToolNode[], typed: string): ToolNode {
  const wanted = typed.trim().toLowerCase();
  const exact = nodes.find((node) => node.nodeId === wanted);
  if (exact) return exact;
  const hits = nodes.filter(
    (node) =>
      node.name.toLowerCase() === wanted ||
      (wanted.length >= shortestPrefix && node.nodeId.startsWith(wanted)),
  );
  const [only, ...more] = hits;
  if (only && more.length === 0) return only;
  const known = nodes.map(describe).join(", ");
  throw new UserError(
    "NODE_UNKNOWN",
    only
      ? `${JSON.stringify(typed.slice(0, 80))} fits ${hits.length} nodes: ${hits.map(describe).join(", ")}`
      : `there is no node ${JSON.stringify(typed.slice(0, 80))}; there ${known === "" ? "are none" : `is ${known}`}`,
    { hint: "openclaw nodes list" },
  );
}

/**
 * The node a command shall run on: the one that was named, the one the operator pinned, or the only one that offers it.
 * @throws UserError NODE_UNKNOWN, NODE_PINNED, NODE_AWAY, NODE_CANNOT
 */
export function chooseNode(
  nodes: readonly ToolNode[],
  wish: { command: string; wanted: string | null; pinned?: string | null },
): ToolNode {
  const { command, wanted } = wish;
  const pinned = wish.pinned ? findNode(nodes, wish.pinned) : null;
  const named = wanted === null ? null : findNode(nodes, wanted);
  if (pinned && named && pinned.nodeId !== named.nodeId) {
    throw new UserError("NODE_PINNED", `commands run on the node ${describe(pinned)} only`, {
      hint: "the operator can change tools.exec.node",
    });
  }
  const node = named ?? pinned ?? onlyOne(nodes, command);
  if (!node.connected) throw away(node);
  if (!node.commands.includes(command)) {
    throw new UserError(
      "NODE_CANNOT",
      `the node ${describe(node)} does not offer ${command.slice(0, 128)}, or policy keeps it from it; it offers ${node.commands.join(", ") || "nothing"}`,
      {
        hint: "openclaw nodes describe; gateway.nodes.allowCommands and denyCommands are the gateway's word",
      },
    );
  }
  return node;
}

const lookEveryMs = 100;

/**
 * {@link chooseNode}, which right after a start of the gateway waits for nodes to come back: a run that is taken up then
 * must not be told that they are away.
 */
export async function awaitNode(
  nodes: Pick<NodeServices, "list" | "mayStillCome">,
  wish: Parameters<typeof chooseNode>[1],
  { clock, signal }: Pick<ToolContext, "clock" | "signal">,
): Promise<ToolNode> {
  for (;;) {
    try {
      return chooseNode(nodes.list(), wish);
    } catch (error) {
      if (codeOf(error) !== "NODE_AWAY" || !nodes.mayStillCome()) throw error;
    }
    await sleep(clock, lookEveryMs, signal);
  }
}

function onlyOne(nodes: readonly ToolNode[], command: string): ToolNode {
  const able = nodes.filter((node) => node.connected && node.commands.includes(command));
  const [only, ...more] = able;
  if (only && more.length === 0) return only;
  if (only) {
    throw new UserError(
      "NODE_UNKNOWN",
      `several nodes offer ${command}: ${able.map(describe).join(", ")}; name one`,
    );
  }
  const asleep = nodes.find((node) => !node.connected);
  if (asleep) throw away(asleep);
  throw new UserError("NODE_AWAY", `no node offers ${command.slice(0, 128)}`, {
    hint: "openclaw nodes list; on the other machine: openclaw node install --url <this gateway>",
  });
}

function away(node: ToolNode): UserError {
  return new UserError("NODE_AWAY", `the node ${describe(node)} is not connected`, {
    hint: "on that machine: openclaw node status, then openclaw node restart",
  });
}

/** One line, with enough of the id to tell equal names apart. */
export function describe(node: ToolNode): string {
  const name = node.name.replaceAll(/[\p{C}\s]+/gu, " ").slice(0, 60);
  return `${JSON.stringify(name)} (${node.nodeId.slice(0, 8)})`;
}
