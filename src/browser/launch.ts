import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../core/clock.ts";
import { OpenClawError, UserError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { buildChildEnv, startProcess } from "../guard/index.ts";
import { createCdp, type Cdp } from "./cdp.ts";
import { endOrphan } from "./orphan.ts";
import { writePreferences } from "./preferences.ts";

export interface LaunchOptions {
  executable: string;
  headless: boolean;
  noSandbox: boolean;
  /** Folder for profile, home and downloads: `cache/browser` of the state directory (STATE-024). */
  folder: string;
  proxyPort: number;
  env: Readonly<Record<string, string | undefined>>;
  uid: number | null;
  clock: Clock;
  logger: Logger;
}

export interface Launched {
  pid: number;
  cdp: Cdp;
  version: string;
  downloadsDir: string;
  /** Resolves when the program is gone, for whatever reason. */
  ended: Promise<void>;
  stop(): Promise<void>;
}

const startTimeoutMs = 30_000;
const stopGraceMs = 1500;

/** Features that talk to servers nobody asked for, or offer what a page needs no person for. */
const without = [
  "AutofillServerCommunication",
  "CertificateTransparencyComponentUpdater",
  "DialMediaRouteProvider",
  "GlobalMediaControls",
  "InterestFeedContentSuggestions",
  "MediaRouter",
  "NetworkTimeServiceQuerying",
  "OptimizationHints",
  "PrivacySandboxSettings4",
  "Translate",
  "WebAuthenticationCable",
];

export function launchArguments(
  options: Pick<LaunchOptions, "headless" | "noSandbox" | "proxyPort"> & { profile: string },
): string[] {
  return [
    ...(options.headless ? ["--headless=new"] : []),
    ...(options.noSandbox ? ["--no-sandbox"] : []),
    "--remote-debugging-pipe",
    `--user-data-dir=${options.profile}`,
    // All names are looked up by our proxy; a road around it finds no address (threats.md 4.11).
    `--proxy-server=http://127.0.0.1:${options.proxyPort}`,
    "--proxy-bypass-list=<-loopback>",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--dns-prefetch-disable",
    "--disable-quic",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    `--disable-features=${without.join(",")}`,
    "--no-first-run",
    "--no-default-browser-check",
    "--no-startup-window",
    "--no-pings",
    "--no-service-autorun",
    "--password-store=basic",
    "--use-mock-keychain",
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-client-side-phishing-detection",
    "--disable-component-update",
    "--disable-crash-reporter",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-search-engine-choice-screen",
    "--disable-sync",
    "--js-flags=--max-old-space-size=1024",
    "--metrics-recording-only",
    "--mute-audio",
    "--window-size=1280,800",
  ];
}

/**
 * Starts the browser with an own profile and two pipes to talk through; it ends by itself when this process does.
 * @throws UserError BROWSER_ROOT; OpenClawError BROWSER_START with what the program said.
 */
export async function launchBrowser(options: LaunchOptions): Promise<Launched> {
  const { clock, folder, logger } = options;
  if (options.uid === 0 && !options.noSandbox) {
    throw new UserError("BROWSER_ROOT", "a browser does not run as root with its own sandbox", {
      hint: "run the gateway as an ordinary user, or: openclaw config set browser.noSandbox true",
    });
  }
  const profile = join(folder, "default");
  const downloadsDir = join(folder, "downloads");
  const home = join(folder, "home");
  for (const path of [folder, profile, downloadsDir, home]) mkdirSync(path, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(downloadsDir))
    rmSync(join(downloadsDir, name), { recursive: true, force: true });
  if (await endOrphan(profile, clock)) logger.warn("ended a browser that an earlier gateway left behind");
  writePreferences(profile);

  const env = buildChildEnv({
    source: options.env,
    allowNames: options.headless ? [] : ["DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR"],
  });
  let said = "";
  const running = await startProcess(
    {
      file: options.executable,
      args: launchArguments({ ...options, profile }),
      cwd: folder,
      // Not the user's own home: certificates and settings in it are nothing for pages.
      env: { ...env, HOME: home },
      extraPipes: 2,
    },
    { clock, killGraceMs: stopGraceMs, onOutput: (text) => void (said = (said + text).slice(-4000)) },
  );
  const [write, read] = running.pipes;
  const ended = running.ended.then(() => undefined);
  if (!write || !read) throw new OpenClawError("BROWSER_START", "the browser has no pipes to talk through");
  const cdp = createCdp({ write, read }, { clock });
  const stop = async () => {
    // Lets it write its profile; a page that holds it up is not waited for.
    await Promise.race([
      cdp.call("Browser.close", {}, { timeoutMs: stopGraceMs }).catch(() => undefined),
      ended,
    ]);
    const cancel = clock.after(stopGraceMs, () => running.kill());
    await ended;
    cancel();
    cdp.close();
  };
  try {
    const version = await cdp.call("Browser.getVersion", {}, { timeoutMs: startTimeoutMs });
    return { pid: running.pid, cdp, version: String(version["product"]), downloadsDir, ended, stop };
  } catch (error) {
    running.kill();
    await ended;
    throw startFailure(options.executable, { said, cause: error });
  }
}

function startFailure(executable: string, { said, cause }: { said: string; cause: unknown }): OpenClawError {
  const sandbox = /No usable sandbox|setuid sandbox|Running as root without/i.test(said);
  const words = said
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.includes("dbus/"))
    .at(-1);
  return new OpenClawError(
    "BROWSER_START",
    `${executable} does not start${words ? `: ${words.slice(0, 300)}` : ""}`,
    {
      cause,
      hint: sandbox
        ? "its sandbox needs user namespaces; without them: openclaw config set browser.noSandbox true"
        : `try it by hand: ${executable} --headless --dump-dom about:blank`,
    },
  );
}

/**
 * Megabytes that all processes of the browser keep for themselves; null where it cannot be told (not Linux).
 * Its processes are in the group we started.
 */
export function memoryOf(pid: number): number | null {
  if (process.platform !== "linux") return null;
  let pages = 0;
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      if (Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2]) !== pid) continue;
      const [, resident = 0, shared = 0] = readFileSync(`/proc/${name}/statm`, "utf8").split(" ").map(Number);
      pages += resident - shared;
    } catch {
      // Ended while we looked.
      continue;
    }
  }
  return Math.round((pages * 4096) / 1_048_576);
}
