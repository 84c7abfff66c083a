import { z } from "zod";

export const configSchema = z.looseObject({});
export type OpenClawConfig = z.infer<typeof configSchema>;
