import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../core/clock.ts";
import { searchPath } from "../guard/index.ts";
import { holdExclusiveLock } from "../state/index.ts";
import { install, installWays, planInstall, type InstallHost, type InstallOptions } from "./index.ts";

let dir: string;
let managers: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "toolbox-"));
  managers = join(dir, "managers");
  mkdirSync(managers);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const host = (): InstallHost => ({
  dir: join(dir, "tools"),
  platform: "linux",
  folders: [managers, dirname(process.execPath), ...searchPath()],
  node: process.execPath,
});
const options = (more: Partial<InstallOptions> = {}): InstallOptions => ({
  host: host(),
  env: { HOME: dir, SECRET: "hidden" },
  fetch: () => Promise.reject(new Error("nothing is fetched here")),
  clock: systemClock,
  signal: new AbortController().signal,
  timeoutMs: 60_000,
  by: "test",
  skill: "a-skill",
  ...more,
});
/** A package manager that does what the script says. */
function manager(name: string, script: string): void {
  writeFileSync(join(managers, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(managers, name), 0o755);
}
const way = (value: object) => {
  const [one] = installWays([{ bins: ["tool"], ...value }]);
  if (!one) throw new Error("no way");
  return one;
};
const planned = (value: object) => {
  const offer = planInstall(way(value), host());
  if (offer.plan === undefined) throw new Error(offer.refused);
  return offer.plan;
};
const run = (name: string, ...args: string[]) =>
  execFileSync(join(dir, "tools", "bin", name), args, { encoding: "utf8", env: { PATH: "/usr/bin:/bin" } });

describe("what a skill file may ask for", () => {
  it.each<[object, string]>([
    [{ kind: "node", package: "--registry=http://evil" }, "its package"],
    [{ kind: "node", package: "file:../evil" }, "its package"],
    [{ kind: "node", package: "git+https://host/x.git" }, "its package"],
    [{ kind: "node", package: "a b" }, "its package"],
    [{ kind: "node", package: "user/repo" }, "its package"],
    [{ kind: "node" }, "names no package"],
    [{ kind: "node", package: "ok", bins: ["../../bin/sh"] }, "no name of a program"],
    [{ kind: "node", package: "ok", bins: [] }, "does not say which programs"],
    [{ kind: "node", package: "ok", os: ["darwin"] }, "it is for darwin"],
    [{ kind: "brew", formula: "-x" }, "its formula"],
    [{ kind: "brew", formula: "https://host/x.rb" }, "its formula"],
    [{ kind: "brew", formula: "no-brew-here" }, "brew is not installed"],
    [{ kind: "go", module: "./local" }, "its module"],
    [{ kind: "go", module: "example.org/../x" }, "its module"],
    [{ kind: "uv", package: "https://host/x.whl" }, "its package"],
    [{ kind: "uv", package: "x @ file:///etc" }, "its package"],
    [{ kind: "download", url: "http://example.org/x", sha256: "a".repeat(64) }, "its url"],
    [{ kind: "download", url: "https://u:p@example.org/x", sha256: "a".repeat(64) }, "its url"],
    [{ kind: "download", url: "https://example.org/x" }, "no sha256"],
    [{ kind: "download", url: "https://example.org/x.tar.gz", sha256: "a".repeat(64) }, "an archive"],
    [{ kind: "apt", package: "jq" }, "no way this version knows"],
    [{ kind: "constructor" }, "no way this version knows"],
  ])("refuses %j", (value, because) => {
    expect(planInstall(way(value), host()).refused).toContain(because);
  });
  it("never makes an option, a path or a second word of a name", () => {
    for (const name of ["brew", "go", "uv"]) manager(name, "exit 0");
    fc.assert(
      fc.property(
        fc.constantFrom("brew", "node", "go", "uv"),
        fc.oneof(
          fc.string(),
          fc.string({ unit: fc.constantFrom("a", "b", "1", "@", "/", ".", "-", "=", ":", "~", " ") }),
        ),
        (kind, name) => {
          const offer = planInstall(way({ kind, package: name, formula: name, module: name }), host());
          if (offer.plan === undefined || !("args" in offer.plan.work)) return;
          const { args } = offer.plan.work;
          const last = args.at(-1) ?? "";
          expect(last).toMatch(/^[@A-Za-z0-9]/);
          expect(last).not.toMatch(/[\s:]|\.\.\//);
          expect([last, last.replace(/@latest$/, "")]).toContain(name.trim());
        },
      ),
    );
  });
  it("gives another plan another digest, and the same one the same", () => {
    const one = planned({ kind: "node", package: "a@1.0.0" });
    expect(planned({ kind: "node", package: "a@1.0.0", label: "other words" }).digest).toBe(one.digest);
    expect(planned({ kind: "node", package: "a@1.0.1" }).digest).not.toBe(one.digest);
    expect(planned({ kind: "node", package: "a@1.0.0", bins: ["sh"] }).digest).not.toBe(one.digest);
  });
  it("reads at most what it is for, whatever a file says", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        for (const each of installWays(value)) planInstall(each, host());
      }),
    );
  });
});

describe("installing", () => {
  it("has npm fetch a package without running its scripts, and lets only the named programs be found", async () => {
    const source = join(dir, "source");
    mkdirSync(source);
    writeFileSync(
      join(source, "package.json"),
      JSON.stringify({
        name: "skilled",
        version: "1.2.3",
        bin: { tool: "tool.js", git: "git.js" },
        scripts: { preinstall: `touch ${dir}/ran`, postinstall: `touch ${dir}/ran` },
      }),
    );
    writeFileSync(
      join(source, "tool.js"),
      "#!/usr/bin/env node\nconsole.log(process.argv.slice(2).join('+'));\n",
    );
    writeFileSync(join(source, "git.js"), "#!/usr/bin/env node\n");
    const npm = planned({ kind: "node", package: "x" });
    if (!("args" in npm.work)) throw new Error("no npm");
    execFileSync(npm.work.program, ["pack", source, "--silent", `--pack-destination=${dir}`], {
      env: { PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, HOME: dir },
    });
    await using registry = await packages({
      skilled: { version: "1.2.3", archive: readFileSync(join(dir, "skilled-1.2.3.tgz")) },
    });
    writeFileSync(join(dir, ".npmrc"), `registry=${registry.url}\n`);
    const plan = planned({ kind: "node", package: "skilled@1.2.3" });
    expect(plan.shown).toContain("npm install --ignore-scripts skilled@1.2.3");
    const done = await install(plan, options());
    expect(done).toMatchObject({ ok: true, message: "Installed tool", code: 0 });
    expect(run("tool", "a", "b c")).toBe("a+b c\n");
    expect(existsSync(join(dir, "tools", "bin", "git"))).toBe(false);
    expect(existsSync(join(dir, "ran"))).toBe(false);
    const { entries } = JSON.parse(readFileSync(join(dir, "tools", "installed.json"), "utf8")) as {
      entries: object[];
    };
    expect(entries).toMatchObject([{ skill: "a-skill", by: "test", kind: "node", ok: true, bins: ["tool"] }]);
    // It is gone from the registry by now: what worked must not half work.
    await registry[Symbol.asyncDispose]();
    rmSync(join(dir, ".npm"), { recursive: true });
    const again = await install(plan, options());
    expect(again.ok).toBe(false);
    expect(again.message).toMatch(/^npm ended with \d+: .+/);
    expect(existsSync(join(dir, "tools", "bin", "tool"))).toBe(false);
  });
  it("gives go and uv a place of their own and an environment without secrets", async () => {
    manager("go", `mkdir -p "$GOBIN"; env > "${dir}/go-env"; echo "$@" > "$GOBIN/tool"`);
    const plan = planned({ kind: "go", module: "example.org/cmd/tool" });
    expect(await install(plan, options())).toMatchObject({ ok: true });
    const env = readFileSync(join(dir, "go-env"), "utf8");
    expect(env).toContain("CGO_ENABLED=0");
    expect(env).not.toContain("SECRET");
    expect(readFileSync(join(dir, "tools", plan.folder ?? "", "bin", "tool"), "utf8")).toBe(
      "install example.org/cmd/tool@latest\n",
    );
  });
  it("says what went wrong: a failure, a program that did not come, one that points elsewhere, too long", async () => {
    const go = { kind: "go", module: "example.org/tool" };
    manager("go", "echo starting; echo 'fatal: cannot find module' >&2; exit 3");
    expect(await install(planned(go), options())).toMatchObject({
      ok: false,
      code: 3,
      message: "go ended with 3: fatal: cannot find module",
      stdout: "starting\n",
    });
    manager("go", "exit 0");
    expect((await install(planned(go), options())).message).toBe("it was installed, but brought no tool");
    manager("go", 'mkdir -p "$GOBIN"; ln -s /bin/sh "$GOBIN/tool"');
    expect((await install(planned(go), options())).message).toContain("points out of its folder");
    manager("go", "sleep 600");
    expect((await install(planned(go), options({ timeoutMs: 100 }))).message).toContain("took longer than");
    expect(existsSync(join(dir, "tools", "bin", "tool"))).toBe(false);
  });
  it("takes a file only when it is the one the skill names", async () => {
    const bytes = Buffer.from("#!/bin/sh\necho fetched\n");
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const fetch: InstallOptions["fetch"] = () => Promise.resolve(new Response(bytes));
    const plan = planned({ kind: "download", url: "https://example.org/dl/tool", sha256 });
    expect(await install(plan, options({ fetch }))).toMatchObject({ ok: true });
    expect(run("tool")).toBe("fetched\n");
    const other = planned({ kind: "download", url: "https://example.org/dl/tool", sha256: "0".repeat(64) });
    expect(await install(other, options({ fetch }))).toMatchObject({
      ok: false,
      message: `what came is not what the skill names: its sha256 is ${sha256}`,
    });
    expect(existsSync(join(dir, "tools", "bin", "tool"))).toBe(false);
  });
  it("works on one at a time, and ends what is told to stop", async () => {
    manager("go", "exit 0");
    const plan = planned({ kind: "go", module: "example.org/tool" });
    const lock = holdExclusiveLock(join(dir, "tools", "install.lock.sqlite"), 0);
    await expect(install(plan, options())).rejects.toMatchObject({ code: "STATE_BUSY" });
    lock.release();
    manager("go", "sleep 600");
    const stop = new AbortController();
    const going = install(plan, options({ signal: stop.signal }));
    setImmediate(() => stop.abort(new Error("enough")));
    await expect(going).rejects.toThrow("enough");
  });
});

/** A registry on this machine. */
async function packages(all: Record<string, { version: string; archive: Buffer }>) {
  const server = createServer((request, response) => {
    const name = (request.url ?? "").slice(1).replace(/\.tgz$/, "");
    const found = all[name];
    if (!found) return void response.writeHead(404).end("{}");
    if (request.url?.endsWith(".tgz")) return void response.end(found.archive);
    const dist = {
      tarball: `${url}/${name}.tgz`,
      integrity: `sha512-${createHash("sha512").update(found.archive).digest("base64")}`,
    };
    response.setHeader("content-type", "application/json");
    const version = {
      name,
      version: found.version,
      bin: { tool: "tool.js", git: "git.js" },
      hasInstallScript: true,
      dist,
    };
    response.end(
      JSON.stringify({
        name,
        "dist-tags": { latest: found.version },
        versions: { [found.version]: version },
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  return {
    url,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
