import { randomBytes } from "node:crypto";

/** Tells repairs of the same second apart. */
export const shortId = (): string => randomBytes(3).toString("hex");

/** A gateway token: 256 bits as 64 hex digits. */
export const newToken = (): string => randomBytes(32).toString("hex");
