import type { Told } from "./story.ts";
import type { Visits } from "./visit.ts";

/** docs/first-hour.md: what was done, what it took, and what it looked like. */
export function page(of: {
  told: Told;
  visits: Visits;
  version: string;
  cores: number;
  node: string;
  targetSeconds: number;
}): string {
  const { told, visits } = of;
  const rows = told.steps.map(({ title, seconds }) => `| ${title} | ${seconds.toFixed(1)} |`);
  const picture = (name: string, says: string) => `![${says}](images/first-hour/${name}.png)`;
  return `# The first hour, step by step

What a newcomer sees, done by \`npm run newcomer -- --write\` in a real Chromium: a fresh clone, an empty home, a warm npm cache,
the built-in model, no key. Version ${of.version}, ${of.cores} cores, Node ${of.node}.

**From \`npm start\` to the first answer: ${told.firstAnswerSeconds.toFixed(0)} s** (target: ${of.targetSeconds} s).

## Set up

\`npm start\` installs, builds, starts the gateway, and prints an address. The page that opens asks a few questions; the built-in
model needs no key.

${picture("1-setup-model", "The setup page asks for a model")}

Nothing is written before this list is confirmed.

${picture("2-setup-plan", "What will be done, before it is done")}

## Talk

${picture("3-first-answer", "The first answer")}

A command asks before it runs.

${picture("4-approval", "A command waits for an approval")}

${picture("5-command-ran", "The command ran, and its output is in the conversation")}

## Change a setting

The plan says what a change does. Every version of the file stays, and any can come back.

${picture("6-config-plan", "What changing the log level does")}

${picture("7-config-back", "Going back to an earlier version")}

## Another browser

\`openclaw dashboard\` prints a one-time link and a six-digit code. A wrong code says what to do.

${picture("8-wrong-code", "A wrong code is explained")}

## Stop and start

Ctrl-C in the middle of an answer: the page says so and waits. After the next \`npm start\` it goes on by itself.

${picture("9-stopped", "The gateway is stopped; the page stays readable")}

${picture("10-back-again", "Back after the next start")}

## On a phone

${picture("11-phone-chat", "The conversation at 390 pixels")}

${picture("12-phone-overview", "The overview at 390 pixels")}

## What it took

| step | seconds |
|---|---|
${rows.join("\n")}

The seconds of a step include the pictures taken in its middle.

| check | found |
|---|---|
| errors on the browser's console | ${visits.consoleErrors.length} |
| requests to anything but the gateway | ${visits.elsewhere.length} |
| problems found by axe on ${visits.looked} views, in light and dark | ${visits.axe.length} |
`;
}
