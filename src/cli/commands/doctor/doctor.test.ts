import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createCliHome, type CliHome } from "../../../../test/support/run-cli.ts";

let home: CliHome;
beforeEach(() => {
  home = createCliHome();
});
afterEach(() => home.remove());

const configText = () => readFileSync(join(home.stateDir, "openclaw.json"), "utf8");
const old = {
  gateway: {
    mode: "local",
    port: 45_871,
    customBind: "127.0.0.1",
    auth: { token: "f0e1d2c3b4a5968778695a4b3c2d1e0f" },
  },
};

describe("openclaw doctor", () => {
  it("reports without changing anything where nobody can be asked", async () => {
    home.configure(old);
    const before = configText();
    const { status, stdout } = await home.run(["doctor"]);
    expect(status).toBe(0);
    expect(stdout).toContain("gateway.customBind: old spelling, write gateway.customBindHost");
    expect(stdout).toContain("openclaw doctor --repair");
    expect(configText()).toBe(before);
  });

  it("makes only safe repairs with --non-interactive, and says so in ticks", async () => {
    home.configure(old);
    const { status, stdout } = await home.run(["doctor", "--non-interactive"]);
    expect(status).toBe(0);
    expect(stdout).toContain("✓ config migrated");
    expect(configText()).toContain("customBindHost");
    // Workspace files are more than safe: they need --repair.
    expect(stdout).toContain("workspace-files");
    expect((await home.run(["doctor", "--non-interactive"])).stdout).not.toContain("✓ config");
  });

  it("plans, applies, lists and undoes", async () => {
    home.configure(old);
    const before = configText();
    const plan = await home.run(["doctor", "plan"]);
    expect(plan.stdout).toMatch(/^ {2}-.*"customBind":"127/m);
    expect(plan.stdout).toContain("nothing was changed");
    expect(plan.stdout).not.toContain(old.gateway.auth.token);
    expect(configText()).toBe(before);
    expect((await home.run(["doctor", "apply"])).stdout).toContain("✓ config migrated");
    expect((await home.run(["doctor", "apply"])).stdout).toBe("✓ nothing to repair\n");
    const list = JSON.parse((await home.run(["doctor", "list", "--json"])).stdout) as Array<{ id: string }>;
    expect(list).toMatchObject([{ state: "applied", author: "doctor" }]);
    expect((await home.run(["doctor", "undo", list[0]?.id ?? ""])).stdout).toContain("undone");
    expect(configText()).toBe(before);
    expect(await home.run(["doctor", "undo"])).toMatchObject({ status: 1, stdout: "" });
  });

  it("generates a token in automation, where there is none only", async () => {
    home.configure({ gateway: { mode: "local" } });
    await home.run(["doctor", "--generate-gateway-token"]);
    const made = configText();
    expect(made).toMatch(/"token": "[0-9a-f]{64}"/);
    await home.run(["doctor", "--generate-gateway-token"]);
    expect(configText()).toBe(made);
  });

  it("gives the documented result as JSON, with a broken configuration too", async () => {
    home.configure(old);
    const { stdout } = await home.run(["doctor", "--repair", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      migrated: true,
      changes: expect.arrayContaining(["config migrated", "workspace files created"]) as string[],
    });
    home.configure({ gateway: { port: "x" } });
    const broken = await home.run(["doctor", "--json"]);
    expect(broken.status).toBe(1);
    expect(JSON.parse(broken.stdout)).toMatchObject({ ok: false, migrated: false });
  });
});

describe("openclaw security audit", () => {
  it("names each risk with its evidence, fix and undo, and narrows what can be narrowed", async () => {
    home.configure({
      gateway: { mode: "local", bind: "lan", auth: { token: "short" } },
      channels: { webhook: { dmPolicy: "open", allowFrom: ["*"] } },
    });
    const first = await home.run(["security", "audit", "--json"]);
    expect(first.status).toBe(1);
    const { findings } = JSON.parse(first.stdout) as { findings: Array<Record<string, string>> };
    expect(findings.map(({ id }) => id)).toEqual(
      expect.arrayContaining(["weak-token", "dm-open", "no-sandbox"]),
    );
    for (const finding of findings) {
      expect(Object.keys(finding)).toEqual(
        expect.arrayContaining(["id", "severity", "title", "evidence", "fix", "undo"]),
      );
    }
    expect(first.stdout).not.toContain('"short"');
    const before = configText();
    const { stdout } = await home.run(["security", "audit", "--fix"]);
    expect(stdout).toContain("✓ channels.webhook.dmPolicy tightened");
    expect(configText()).toContain('"dmPolicy":"pairing"');
    await home.run(["doctor", "undo"]);
    expect(configText()).toBe(before);
  });
});
