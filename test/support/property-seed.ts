import fc from "fast-check";

/**
 * Property tests look at the same cases on every machine, so that a run of the suite means the same everywhere.
 * `FC_SEED=random` (or a number) looks at others.
 */
const wanted = process.env["FC_SEED"];
if (wanted !== "random") fc.configureGlobal({ seed: Number(wanted ?? 20_261_121) });
