const groups = {
  canvas: [
    "canvas.present",
    "canvas.hide",
    "canvas.navigate",
    "canvas.eval",
    "canvas.snapshot",
    "canvas.a2ui.push",
    "canvas.a2ui.pushJSONL",
    "canvas.a2ui.reset",
  ],
  camera: ["camera.list", "camera.snap", "camera.clip"],
  screen: ["screen.record"],
  location: ["location.get"],
  sms: ["sms.send"],
  system: [
    "system.run",
    "system.run.prepare",
    "system.which",
    "system.notify",
    "system.execApprovals.get",
    "system.execApprovals.set",
    "browser.proxy",
  ],
  files: ["file.list", "file.read", "file.write"],
};

const mobile = [...groups.canvas, ...groups.camera, ...groups.screen, ...groups.location];

/** Commands by platform prefix (protocol.md 3.9). A platform we do not know gets none (threats.md, invariant 4). */
const platforms: Array<{ prefixes: string[]; commands: string[] }> = [
  { prefixes: ["ios", "ipados"], commands: mobile },
  { prefixes: ["android"], commands: [...mobile, ...groups.sms] },
  { prefixes: ["macos", "darwin"], commands: [...mobile, ...groups.system, ...groups.files] },
  { prefixes: ["linux", "win"], commands: [...groups.system, ...groups.files] },
];

/** Commands that run code, drive a browser or touch files there: they need the authority that running code here needs. */
const powerful = new Set([
  "system.run",
  "system.run.prepare",
  "system.execApprovals.get",
  "system.execApprovals.set",
  "browser.proxy",
  ...groups.files,
]);

export function isPowerful(command: string): boolean {
  return powerful.has(command);
}

/** What a node of a platform may be asked to do, after the operator's additions and removals. */
export function allowedCommands(
  platform: string | undefined,
  lists: { allowCommands: readonly string[]; denyCommands: readonly string[] },
): ReadonlySet<string> {
  const name = (platform ?? "").trim().toLowerCase();
  const base =
    platforms.find(({ prefixes }) => prefixes.some((prefix) => name.startsWith(prefix)))?.commands ?? [];
  const denied = new Set(lists.denyCommands);
  return new Set([...base, ...lists.allowCommands].filter((command) => !denied.has(command)));
}
