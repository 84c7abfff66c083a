/** One line of the results table. */
export interface Row {
  what: string;
  value: number;
  unit: string;
  target: number;
  /** The target is a floor instead of a ceiling. */
  atLeast?: boolean;
  note?: string;
  /** What CI compares instead of an absolute figure that depends on the machine: a ratio within the same run. */
  guard?: { value: number; target: number };
}

export interface BenchOptions {
  /** Fewer rounds: for CI. */
  smoke: boolean;
}
