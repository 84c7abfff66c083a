// The gateway with the plain channels of the torture run in place of its own.
import { runGateway } from "../../../src/app/index.ts";
import { resolvePaths } from "../../../src/state/index.ts";
import { kinds, plainManifest } from "./plain-channel.ts";

const paths = resolvePaths({ env: process.env, home: process.env["HOME"] });
process.exitCode = await runGateway({
  paths,
  env: process.env,
  flags: { port: Number(process.env["TORTURE_PORT"]), allowUnconfigured: true },
  channels: kinds.map(plainManifest),
});
process.exit();
