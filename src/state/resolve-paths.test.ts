import { describe, expect, test } from "vitest";
import { defaultGatewayPort, resolvePaths } from "./index.ts";

const home = "/home/ada";

describe("paths", () => {
  test.each([
    [undefined, "/home/ada/.openclaw"],
    ["default", "/home/ada/.openclaw"],
    ["main", "/home/ada/.openclaw"],
    ["dev", "/home/ada/.openclaw-dev"],
    ["work", "/home/ada/.openclaw-work"],
  ])("profile %s lives in %s", (profile, stateDir) => {
    const paths = resolvePaths({ profile, env: {}, home });
    expect(paths.stateDir).toBe(stateDir);
    expect(paths.configPath).toBe(`${stateDir}/openclaw.json`);
    expect(paths.defaultWorkspaceDir).toBe(`${stateDir}/workspace`);
  });

  test("explicit variables go before the profile, and ~ is expanded", () => {
    const env = { OPENCLAW_STATE_DIR: "~/.openclaw-a", OPENCLAW_CONFIG_PATH: "~/elsewhere/b.json" };
    const paths = resolvePaths({ profile: "rescue", env, home });
    expect(paths).toMatchObject({
      profile: "rescue",
      stateDir: "/home/ada/.openclaw-a",
      configPath: "/home/ada/elsewhere/b.json",
    });
  });

  test("--dev is the profile dev, and contradicts any other", () => {
    expect(resolvePaths({ dev: true, env: {}, home }).profile).toBe("dev");
    expect(resolvePaths({ dev: true, profile: "dev", env: {}, home }).profile).toBe("dev");
    expect(() => resolvePaths({ dev: true, profile: "work", env: {}, home })).toThrow(
      /--dev and --profile "work"/,
    );
    expect(() => resolvePaths({ dev: true, profile: "default", env: {}, home })).toThrow(/two different/);
  });

  test.each(["", " ", "../x", "a/b", "a b", "-x", "x-", ".", "ä", "a".repeat(65), "x\n"])(
    "profile name %j is refused or trimmed to something safe",
    (profile) => {
      let name: string;
      try {
        name = resolvePaths({ profile, env: {}, home }).profile;
      } catch (error) {
        expect(error).toMatchObject({ code: "USAGE" });
        return;
      }
      expect(name).toMatch(/^[a-z]+$/);
    },
  );

  test("without a home directory the state directory must be named", () => {
    expect(() => resolvePaths({ env: {}, home: undefined })).toThrow(/no home directory/);
    expect(resolvePaths({ env: { OPENCLAW_STATE_DIR: "/data" }, home: "" }).configPath).toBe(
      "/data/openclaw.json",
    );
  });

  test("ports", () => {
    expect(defaultGatewayPort("dev")).toBe(19001);
    expect(defaultGatewayPort("default")).toBe(18789);
  });
});
