// A state directory an older program left, taken over by the real command and shown by the real gateway.
import { expect, test } from "vitest";
import { baseConfig, createHome } from "../support/e2e-home.ts";
import { evidence } from "../support/evidence.ts";
import { signIn } from "../support/e2e-socket.ts";
import { legacySamples, unpackSample } from "../support/legacy-sample.ts";

test.each(legacySamples)("%s: the gateway shows the old conversations after migrate apply", async (name) => {
  const sample = unpackSample(name);
  await using home = createHome({ config: baseConfig });
  try {
    const plan = await home.cli(["migrate", "plan", "--from", sample.dir]);
    expect(plan).toMatchObject({ status: 0 });
    expect(plan.stdout).toMatch(/Nothing was changed/);
    const apply = await home.cli(["migrate", "apply", "--from", sample.dir, "--json"]);
    expect(apply).toMatchObject({ status: 0, stderr: "" });
    const receipt = JSON.parse(apply.stdout) as { counts: { session: { found: number; left: number } } };
    expect(receipt.counts.session.left).toBe(0);
    for (const [what, counts] of Object.entries(receipt.counts))
      evidence("migrate", { sample: name, what, ...counts });

    // The sample's own channel would call its platform.
    const gateway = await home.gateway({ env: { OPENCLAW_SKIP_CHANNELS: "1" } });
    const client = await signIn(gateway);
    const history = JSON.stringify(await client.ask("chat.history", { sessionKey: "main", limit: 1000 }));
    expect(history).toContain("sample answer");
    expect(history).toContain("Injected note by operator");
    const notes = JSON.stringify(await client.ask("chat.history", { sessionKey: "project-notes" }));
    expect(notes).toContain("A fresh start after the reset.");
    if (name.includes("killed")) expect(notes).toContain("interrupted before the migration");
    const jobs = JSON.stringify(await client.ask("cron.list", { includeDisabled: true }));
    for (const job of ["Morning brief", "Water plants", "One shot"]) expect(jobs).toContain(job);
    client.socket.terminate();

    const refused = await home.cli(["migrate", "undo"]);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(/gateway/);
    expect((await gateway.stop()).status).toBe(0);
    expect((await home.cli(["migrate", "receipt"])).stdout).toMatch(/Applied at/);
    const undone = await home.cli(["migrate", "undo"]);
    expect(undone).toMatchObject({ status: 0 });
    expect((await home.cli(["sessions", "list"])).stdout).not.toContain("project-notes");
  } finally {
    sample.remove();
  }
});
