/** Bundles src/ into dist/ unless it is newer than every input; returns whether it built. */
export function build(options?: { quiet?: boolean }): Promise<boolean>;
/** Digest over the names and contents of every input of the build. */
export function sourceDigest(): string;
