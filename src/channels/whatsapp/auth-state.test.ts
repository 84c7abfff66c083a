import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { useMultiFileAuthState } from "baileys";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLogger } from "../../core/logger.ts";
import { clearLogin, isComplete, openLogin } from "./auth-state.ts";

let dir: string;
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "openclaw-wa-"))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));
const creds = () => join(dir, "creds.json");

describe("a login on disk", () => {
  it("carries on from what an existing installation left, and is read by it", async () => {
    const theirs = await useMultiFileAuthState(dir);
    theirs.state.creds.me = { id: "4915112345678:3@s.whatsapp.net", name: "Me" };
    await theirs.saveCreds();
    const session = Buffer.from("a session");
    await theirs.state.keys.set({ session: { "49177_1.0": session }, "lid-mapping": { a: "b" } });
    const ours = await openLogin(dir, silentLogger);
    expect(ours.creds.me?.id).toBe("4915112345678:3@s.whatsapp.net");
    expect(ours.creds.noiseKey.private).toEqual(theirs.state.creds.noiseKey.private);
    expect(await ours.keys.get("session", ["49177_1.0", "none"])).toEqual({ "49177_1.0": session });
    await ours.keys.set({ "pre-key": { "5": { public: Buffer.from("p"), private: Buffer.from("q") } } });
    ours.creds.nextPreKeyId = 6;
    await ours.save();
    const back = await useMultiFileAuthState(dir);
    expect(back.state.creds.nextPreKeyId).toBe(6);
    expect((await back.state.keys.get("pre-key", ["5"]))["5"]?.public).toEqual(Buffer.from("p"));
  });

  it("writes nothing before it is told to, then for the owner alone", async () => {
    const login = await openLogin(dir, silentLogger);
    expect(readdirSync(dir)).toEqual([]);
    expect(isComplete(login.creds)).toBe(false);
    await login.save();
    expect(statSync(creds()).mode & 0o777).toBe(0o600);
  });

  it("keeps the last of many writes to one key, and forgets what is removed", async () => {
    const login = await openLogin(dir, silentLogger);
    await Promise.all(
      Array.from({ length: 30 }, async (_, index) =>
        login.keys.set({ session: { peer: Buffer.from(`version ${index}`) } }),
      ),
    );
    expect((await login.keys.get("session", ["peer"]))["peer"]).toEqual(Buffer.from("version 29"));
    await login.keys.set({ session: { peer: null } });
    expect(existsSync(join(dir, "session-peer.json"))).toBe(false);
    expect(readdirSync(dir)).toEqual([]);
  });

  it("writes nothing after its end, and has finished what was being written", async () => {
    const login = await openLogin(dir, silentLogger);
    const writing = login.keys.set({ session: { peer: Buffer.from("last") } });
    await login.end();
    expect(existsSync(join(dir, "session-peer.json"))).toBe(true);
    await writing;
    await clearLogin(dir);
    await login.keys.set({ "pre-key": { "5": { public: Buffer.from("p"), private: Buffer.from("q") } } });
    await login.save();
    expect(readdirSync(dir)).toEqual([]);
  });

  it("stays below its folder whatever a key is called", async () => {
    const login = await openLogin(dir, silentLogger);
    await login.keys.set({ "sender-key": { "../../x::a/b": Buffer.from("k") } });
    expect(readdirSync(dir)).toEqual(["sender-key-..__..__x--a__b.json"]);
  });

  it("falls back on its last good copy, and says what to do without one", async () => {
    const login = await openLogin(dir, silentLogger);
    login.creds.me = { id: "1:1@s.whatsapp.net" };
    await login.save();
    writeFileSync(creds(), readFileSync(creds(), "utf8").slice(0, 100));
    expect((await openLogin(dir, silentLogger)).creds.me?.id).toBe("1:1@s.whatsapp.net");
    writeFileSync(`${creds()}.bak`, "");
    await expect(openLogin(dir, silentLogger)).rejects.toMatchObject({
      code: "WHATSAPP_LOGIN_DAMAGED",
      hint: expect.stringContaining("channels login") as string,
    });
    expect(await clearLogin(dir)).toBe(true);
    expect(readdirSync(dir)).toEqual([]);
  });

  it("is whole after kill -9 in the middle of saving", async () => {
    const program = fileURLToPath(new URL("../../../test/fakes/whatsapp/save-forever.ts", import.meta.url));
    for (let round = 0; round < 4; round++) {
      const child = spawn(process.execPath, [program, dir], { stdio: ["ignore", "pipe", "inherit"] });
      const ended = new Promise((resolve) => child.on("close", resolve));
      let saved = 0;
      // Killed in the middle of some save after the first few.
      child.stdout.on("data", (chunk: Buffer) => {
        saved += chunk.length;
        if (saved > 5 + round * 3) child.kill("SIGKILL");
      });
      await ended;
      const login = await openLogin(dir, silentLogger);
      expect(login.creds.me?.id).toBe("4915112345678:1@s.whatsapp.net");
      expect(login.creds.nextPreKeyId).toBeGreaterThanOrEqual(5);
      for (const name of readdirSync(dir)) {
        expect(name).not.toMatch(/\.tmp$/);
        expect(() => void JSON.parse(readFileSync(join(dir, name), "utf8")), name).not.toThrow();
      }
    }
  });
});
