export { createMemory, type Memory } from "./memory.ts";
