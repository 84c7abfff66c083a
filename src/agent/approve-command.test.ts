import { describe, expect, it } from "vitest";
import { owner } from "../../test/support/agent-fixture.ts";
import { UserError } from "../core/errors.ts";
import type { ApprovalDecision, ApprovalRecord } from "../sandbox/contract.ts";
import { runApproveCommand } from "./approve-command.ts";

function desk(...ids: string[]) {
  const decided: Array<[string, ApprovalDecision, string]> = [];
  const record = (id: string) => ({ request: { id, command: `rm ${id}` } }) as ApprovalRecord;
  return {
    decided,
    pending: () => ids.map(record),
    resolve(id: string, decision: ApprovalDecision, by: string) {
      decided.push([id, decision, by]);
      return Promise.resolve(record(id));
    },
  };
}
const [one, two] = ["exec-aaaa1111ffff", "exec-aaaa2222ffff"];

describe("/approve and /deny", () => {
  it("list what waits, with ids that can be typed", async () => {
    expect(await runApproveCommand({ name: "approve", argument: "" }, owner, desk())).toBe(
      "Nothing waits for permission.",
    );
    const text = await runApproveCommand({ name: "approve", argument: "" }, owner, desk(one, two));
    expect(text.split("\n").slice(0, 2)).toEqual([`aaaa1111: rm ${one}`, `aaaa2222: rm ${two}`]);
  });

  it.each([
    ["approve", "aaaa1111", "allow-once", "Allowed once"],
    ["approve", `${one} once`, "allow-once", "Allowed once"],
    ["approve", "exec-aaaa1 always", "allow-always", "Allowed from now on"],
    ["deny", "aaaa1", "deny", "Denied"],
    ["deny", "exec-aaaa1", "deny", "Denied"],
  ] as const)("/%s %s", async (name, argument, decision, words) => {
    const approvals = desk(one, two);
    expect(await runApproveCommand({ name, argument }, owner, approvals)).toBe(`${words}: rm ${one}`);
    expect(approvals.decided).toEqual([[one, decision, "test"]]);
  });

  it.each(["aaaa", "aa", "zzzz9999", "exec-"])("%s names no single request", async (id) => {
    const approvals = desk(one, two);
    await expect(runApproveCommand({ name: "approve", argument: id }, owner, approvals)).rejects.toThrow(
      UserError,
    );
    expect(approvals.decided).toEqual([]);
  });

  it.each(["aaaa1111 forever", "aaaa1111 always now"])("%s is not understood", async (argument) => {
    const approvals = desk(one);
    expect(await runApproveCommand({ name: "approve", argument }, owner, approvals)).toContain(
      "Use /approve",
    );
    expect(approvals.decided).toEqual([]);
  });
});
