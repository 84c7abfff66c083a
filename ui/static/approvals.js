// Commands that wait for somebody's decision.

import { byId, make } from "./dom.js";

const place = byId("approvals");

/** @param {(id: string, decision: string) => Promise<void>} decide */
export function createApprovals(decide) {
  const open = new Map();

  function remove(id) {
    const known = open.get(id);
    if (!known) return;
    clearTimeout(known.timer);
    known.box.remove();
    open.delete(id);
  }

  function button(id, label, decision, className) {
    const element = make("button", { text: label, className, type: "button" });
    element.addEventListener("click", async () => {
      const { box } = open.get(id) ?? {};
      for (const each of box?.querySelectorAll("button") ?? []) each.disabled = true;
      try {
        await decide(id, decision);
        remove(id);
      } catch (error) {
        box?.append(make("p", { text: error.message, role: "alert" }));
        for (const each of box?.querySelectorAll("button") ?? []) each.disabled = false;
      }
    });
    return element;
  }

  return {
    add({ id, request, expiresAtMs }) {
      if (open.has(id)) return;
      const where = [request.host, request.cwd, request.agentId && `agent ${request.agentId}`].filter(
        Boolean,
      );
      const box = make(
        "section",
        { className: "approval", "aria-label": "Approval needed" },
        make("strong", { text: "Your assistant asks to run a command" }),
        make("pre", { text: request.command }),
        make("div", { className: "where", text: where.join(" · ") }),
        make(
          "div",
          { className: "actions" },
          button(id, "Allow once", "allow-once", "primary"),
          button(id, "Always allow", "allow-always", ""),
          button(id, "Deny", "deny", "stop"),
        ),
      );
      const timer = setTimeout(() => remove(id), Math.max(0, expiresAtMs - Date.now()));
      open.set(id, { box, timer });
      place.append(box);
    },
    remove,
    clear() {
      open.forEach((_known, id) => remove(id));
    },
  };
}
