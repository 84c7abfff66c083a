import type { ToolEffect } from "../../contract.ts";

/**
 * What asking a node once more would do (what a run that is taken up after a crash goes by). A command that is not listed
 * may do anything. Pictures and recordings are no `read`: nobody wants a second one taken without a word.
 */
const effects: Readonly<Record<string, ToolEffect>> = {
  "camera.list": "read",
  "camera.snap": "write",
  "camera.clip": "write",
  "screen.record": "write",
  "location.get": "read",
  "canvas.snapshot": "read",
  "canvas.present": "write",
  "canvas.hide": "write",
  "canvas.navigate": "network",
  "canvas.eval": "exec",
  "canvas.a2ui.push": "write",
  "canvas.a2ui.pushJSONL": "write",
  "canvas.a2ui.reset": "write",
  "sms.send": "network",
  "system.notify": "write",
  "system.which": "read",
  "system.execApprovals.get": "read",
  "file.list": "read",
  "file.read": "read",
  "file.write": "write",
  "browser.proxy": "network",
};

export function effectOfCommand(command: string): ToolEffect {
  return Object.hasOwn(effects, command) ? (effects[command] ?? "exec") : "exec";
}
