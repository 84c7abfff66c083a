import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { configSchema } from "../config/index.ts";
import { resolvePaths } from "../state/index.ts";
import { listChannels, loginChannel } from "./local-channels.ts";

const folder = fileURLToPath(new URL("../../examples/channel-adapter", import.meta.url));
let home: string;
beforeEach(() => (home = realpathSync(mkdtempSync(join(tmpdir(), "openclaw-local-")))));
afterEach(() => rmSync(home, { recursive: true, force: true }));

it("knows the channels of plug-ins the configuration names, and those only", async () => {
  const paths = resolvePaths({ env: {}, home });
  const ids = async (plugins: object) => {
    const config = configSchema.parse({ plugins });
    return (await listChannels({ config, paths })).map(({ id }) => id);
  };
  const builtIn = await ids({});
  expect(builtIn).toContain("telegram");
  const own = (await ids({ load: { paths: [folder] } })).filter((id) => !builtIn.includes(id));
  expect(own).toEqual(["linechat"]);
  expect(await ids({ load: { paths: [folder] }, deny: ["linechat"] })).toEqual(builtIn);
  const { plugins } = configSchema.parse({ plugins: { load: { paths: [folder] } } });
  const login = {
    paths,
    account: "default",
    config: {},
    signal: new AbortController().signal,
    show: () => {},
  };
  await expect(loginChannel({ ...login, plugins, channel: "linechat" })).rejects.toMatchObject({
    code: "LOGIN_NOT_NEEDED",
  });
  await expect(loginChannel({ ...login, plugins, channel: "none" })).rejects.toMatchObject({
    code: "CHANNEL_UNKNOWN",
  });
});
