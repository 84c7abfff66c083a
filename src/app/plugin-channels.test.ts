import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { configSchema } from "../config/schema/index.ts";
import { silentLogger } from "../core/logger.ts";
import { resolvePaths } from "../state/index.ts";
import { withPluginChannels } from "./plugin-channels.ts";

const example = fileURLToPath(new URL("../../examples/channel-adapter", import.meta.url));
const paths = resolvePaths({ env: {}, home: "/nonexistent" });

test.each([
  [{}, []],
  [{ load: { paths: [example] } }, ["linechat"]],
  [{ load: { paths: ["missing", example] } }, ["linechat"]],
  [{ enabled: false, load: { paths: [example] } }, []],
  [{ deny: ["linechat"], load: { paths: [example] } }, []],
  [{ allow: ["another"], load: { paths: [example] } }, []],
  [{ entries: { linechat: { enabled: false } }, load: { paths: [example] } }, []],
])("plugins %j", async (plugins, ids) => {
  const problems: unknown[] = [];
  const logger = { ...silentLogger, error: (_: string, fields?: object) => void problems.push(fields) };
  const config = configSchema.parse({ plugins });
  const found = await withPluginChannels([], { config, paths, logger });
  expect(found.map(({ id }) => id)).toEqual(ids);
  expect(problems).toHaveLength(JSON.stringify(plugins).includes("missing") ? 1 : 0);
});
