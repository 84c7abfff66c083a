// A schtasks.exe that keeps its tasks in state.json beside the program (service-managers.ts).
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const file = join(dirname(process.argv[1]), "state.json");
const state = JSON.parse(readFileSync(file, "utf8"));
const words = process.argv.slice(2);
const verb = words[0];
const option = (name) => words[words.indexOf(name) + 1];
const name = words.includes("/TN") ? option("/TN") : null;

const end = (code, text = "") => {
  writeFileSync(file, JSON.stringify(state));
  if (text) (code === 0 ? process.stdout : process.stderr).write(`${text}\r\n`);
  process.exit(code);
};
const missing = () => end(1, "ERROR: The system cannot find the file specified.");
const job = name === null ? undefined : state.jobs[name];

if (verb === "/Query") {
  if (name === null)
    end(
      0,
      Object.keys(state.jobs)
        .map((task) => `"\\${task}","N/A","Ready"`)
        .join("\r\n"),
    );
  if (!job) missing();
  if (words.includes("/XML")) end(0, job.xml);
  const [text, result] = job.pid ? ["Running", 267009] : ["Ready", job.lastExit ?? 267011];
  end(0, `"HOST","\\${name}","N/A","${text}","Interactive only","N/A","${result}","user","cmd"`);
}

state.log.push(words.join(" "));
const fails = (count) => count !== undefined && count <= 0;
const failing = fails(state.failAt) || fails(state.failFrom);
if (state.failAt !== undefined) state.failAt = state.failAt > 0 ? state.failAt - 1 : undefined;
if (state.failFrom !== undefined && state.failFrom > 0) state.failFrom--;
if (failing) end(1, "ERROR: asked to fail");

switch (verb) {
  case "/Create": {
    const bytes = readFileSync(option("/XML"));
    if (bytes[0] !== 0xff || bytes[1] !== 0xfe) end(1, "ERROR: The task XML is malformed.");
    const xml = bytes.subarray(2).toString("utf16le");
    if (!xml.includes("http://schemas.microsoft.com/windows/2004/02/mit/task"))
      end(1, "ERROR: The task XML contains an unexpected node.");
    if (job && !words.includes("/F")) end(1, "WARNING: The task name already exists.");
    state.jobs[name] = { xml, pid: job?.pid ?? null };
    end(0, "SUCCESS");
    break;
  }
  case "/Run":
    if (!job) missing();
    job.pid ??= state.exits === undefined ? state.nextPid++ : null;
    if (state.exits !== undefined) job.lastExit = String(state.exits);
    end(0, "SUCCESS");
    break;
  case "/End":
    if (!job) missing();
    job.pid = null;
    end(0, "SUCCESS");
    break;
  case "/Delete":
    if (!job) missing();
    delete state.jobs[name];
    end(0, "SUCCESS");
    break;
  default:
    end(1, "ERROR: Invalid syntax.");
}
