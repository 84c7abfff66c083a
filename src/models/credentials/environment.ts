import { readDotenv } from "../../state/index.ts";
import { fileStamp } from "./file-stamp.ts";

type Env = Readonly<Record<string, string | undefined>>;

export interface Variable {
  value: string;
  /** `env:NAME` or `.env:NAME`. */
  source: string;
}

/**
 * Variables of the process and of the state directory's `.env`, process first. `env` may already hold what `.env` said
 * at start; such a value follows the file from then on, so that taking a key out of it works without a restart.
 */
export function createEnvironment(env: Env, dotenvPath: string): (name: string) => Variable | null {
  const atStart = readDotenv(dotenvPath);
  let cached = { stamp: fileStamp(dotenvPath), values: atStart };
  const current = () => {
    const stamp = fileStamp(dotenvPath);
    if (stamp !== cached.stamp) cached = { stamp, values: readDotenv(dotenvPath) };
    return cached.values;
  };
  return (name) => {
    const own = env[name];
    if (own !== undefined && own !== atStart[name])
      return own.trim() ? { value: own.trim(), source: `env:${name}` } : null;
    const value = current()[name]?.trim();
    return value ? { value, source: `.env:${name}` } : null;
  };
}
