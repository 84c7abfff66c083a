import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import JSON5 from "json5";
import { afterEach, beforeEach, expect, it } from "vitest";
import { manualClock } from "../../../test/support/manual-clock.ts";
import { silentLogger } from "../../core/logger.ts";
import { resolvePaths, type Paths } from "../../state/index.ts";
import { getAt, openConfigStore } from "../index.ts";
import { checkedPath, readSettingsQuickly } from "./index.ts";

let dir: string;
let paths: Paths;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "oc-quick-"));
  paths = resolvePaths({ env: { OPENCLAW_STATE_DIR: dir }, home: "/home/ada" });
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

type Env = Record<string, string | undefined>;
const clock = manualClock();
const readFully = (env: Env = {}, dotenv: Env = {}, version = "1") =>
  openConfigStore({ paths, env, dotenv, version, clock, logger: silentLogger }).read();
const readQuickly = (env: Env = {}, dotenv: Env = {}, version = "1") =>
  readSettingsQuickly({ paths, env, dotenv, version });
const write = (text: string) => writeFileSync(paths.configPath, text);

const places = [
  "gateway.mode",
  "gateway.port",
  "gateway.bind",
  "gateway.customBindHost",
  "gateway.auth.mode",
  "gateway.auth.token",
  "gateway.auth.password",
  "gateway.tls.enabled",
  "gateway.tls.cert",
  "gateway.tls.key",
  "gateway.tls.ca",
  "gateway.remote.url",
  "gateway.remote.token",
  "gateway.remote.password",
  "gateway.remote.tlsFingerprint",
  "logging.file",
  "agents.defaults.model.primary",
].map((path) => path.split("."));
const pick = (config: unknown) => places.map((path) => [path.join("."), getAt(config, path)]);

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
const some = <T>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(shape, { requiredKeys: [] });
/** Mostly right, some old spellings, some wrong values. */
const file = some({
  gateway: some({
    mode: fc.constantFrom("local", "remote", "elsewhere"),
    port: fc.oneof(
      { weight: 5, arbitrary: fc.integer({ min: 1, max: 65_535 }) },
      fc.constantFrom(0, "x", 1.5),
    ),
    bind: fc.constantFrom("loopback", "lan", "custom", "auto"),
    customBindHost: fc.constantFrom("10.0.0.1", "::1"),
    customBind: fc.constant("10.0.0.2"),
    token: fc.string({ maxLength: 5 }),
    auth: some({
      mode: fc.constantFrom("token", "password", "off", "none"),
      token: fc.string({ maxLength: 5 }),
      password: fc.oneof(fc.string({ maxLength: 5 }), fc.constant("${PASSWORD}")),
    }),
    tls: some({
      enabled: fc.boolean(),
      cert: fc.constant("~/cert.pem"),
      key: fc.constant("/k.pem"),
      ca: fc.constant("ca.pem"),
    }),
    remote: some({
      url: fc.webUrl(),
      token: fc.string({ maxLength: 5 }),
      password: fc.string({ maxLength: 5 }),
      tlsFingerprint: fc.constant("AA:BB"),
    }),
  }),
  logging: some({
    file: fc.constantFrom("~/x-{date}.log", "/tmp/x", ""),
    level: fc.constantFrom("info", "loud"),
  }),
  agents: some({
    defaults: some({
      model: fc.oneof(
        fc.constant("a/b"),
        some({ primary: fc.constant("c/d"), fallbacks: fc.constant(["e/f"]) }),
      ),
    }),
  }),
  unknown: fc.jsonValue({ maxDepth: 1 }),
});
const variables = some<Env>({
  OPENCLAW_GATEWAY_PORT: fc.constantFrom("19001", "", "tcp://10.0.0.1:80"),
  OPENCLAW_GATEWAY_BIND: fc.constantFrom("lan", ""),
  OPENCLAW_GATEWAY_TOKEN: fc.constantFrom("from-env", " "),
  OPENCLAW_GATEWAY_PASSWORD: fc.constant("from-env"),
});

it("says what the full reading says, or nothing", async () => {
  let answered = 0;
  await fc.assert(
    fc.asyncProperty(
      file,
      variables,
      variables,
      maybe(fc.constant("// JSON5\n")),
      async (data, env, dotenv, comment) => {
        rmSync(checkedPath(paths.configHistoryDir), { force: true });
        write(comment === undefined ? JSON.stringify(data) : comment + JSON5.stringify(data));
        const alone = readFully();
        const full = readFully(env, dotenv);
        const quick = await readQuickly(env, dotenv);
        const expected = alone.valid && !JSON.stringify(data).includes("${");
        expect(quick !== null).toBe(expected);
        if (!quick) return;
        answered++;
        expect(quick).toMatchObject({ exists: full.exists, valid: full.valid, issues: full.issues });
        expect(pick(quick.config)).toEqual(pick(full.config));
      },
    ),
    { numRuns: 300 },
  );
  expect(answered).toBeGreaterThan(50);
});

it("knows nothing of a file nobody read in full, of an edited one, and of another version's", async () => {
  expect(await readQuickly()).toBeNull();
  write('{"gateway": {"port": 1234}}');
  expect(await readQuickly()).toBeNull();
  readFully();
  expect(await readQuickly()).toMatchObject({ config: { gateway: { port: 1234, bind: "loopback" } } });
  expect(await readQuickly({}, {}, "2")).toBeNull();
  write('{"gateway": {"port": 1235}}');
  expect(await readQuickly()).toBeNull();
  rmSync(paths.configPath);
  expect(await readQuickly()).toBeNull();
});

it("a wrong value hidden by a variable is not taken for a right one", async () => {
  write('{"gateway": {"port": "x"}}');
  expect(readFully({ OPENCLAW_GATEWAY_PORT: "1234" }).valid).toBe(true);
  expect(await readQuickly()).toBeNull();
});

it.each(["", "{", "[]", '{"version":"1"}', '{"version":"1","hash":"../../x"}', '{"version":"1","hash":5}'])(
  "a broken note (%s) is no note",
  async (text) => {
    write("{}");
    readFully();
    writeFileSync(checkedPath(paths.configHistoryDir), text);
    expect(await readQuickly()).toBeNull();
  },
);

it("an unusable variable is refused as in the full reading", async () => {
  await expect(readQuickly({ OPENCLAW_GATEWAY_PORT: "many" })).rejects.toMatchObject({ code: "ENV_INVALID" });
});
