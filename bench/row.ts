/** One line of the results table. */
export interface Row {
  what: string;
  value: number;
  unit: string;
  target: number;
  /** The target is a floor instead of a ceiling. */
  atLeast?: boolean;
  note?: string;
}

export interface BenchOptions {
  /** Fewer rounds: for CI. */
  smoke: boolean;
}
