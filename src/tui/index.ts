// Chat in a terminal: a client of the gateway with a screen of its own (`openclaw tui`).
export { runTui } from "./app.ts";
