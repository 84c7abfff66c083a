export { createMemory, type Memory, type MemoryHit } from "./memory.ts";
