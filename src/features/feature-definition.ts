import type { TimeMs } from '../domain/index.ts';
import { Window } from './window.ts';

export const FEATURE_FAMILIES = [
  'returns',
  'trend',
  'momentum',
  'volatility',
  'volume',
  'range',
  'chain',
  'staking',
  'whales',
  'sentiment',
  'calendar',
  'custom',
] as const;

export type FeatureFamily = (typeof FEATURE_FAMILIES)[number];

/** One row of an input frame. NaN: not known. The object is reused from row to row: read it, do not keep it. */
export interface InputRow {
  readonly timeMs: TimeMs;
  readonly [input: string]: number;
}

/**
 * A feature: what people and programs need to know about it, and one small function. `start` begins a run without memory;
 * what it returns is called with each row in turn and gives the feature's value for that row, NaN where it is not known.
 * The value depends on the last `lookback` rows and nothing older.
 */
export interface FeatureDefinition {
  readonly name: string;
  readonly family: FeatureFamily;
  readonly unit: string;
  /** Rows (days) that the value is made from, the row itself included. */
  readonly lookback: number;
  readonly inputs: readonly string[];
  readonly description: string;
  start(): (row: InputRow) => number;
}

/** What every entry of the catalogue says about itself. */
export type FeatureText = Omit<FeatureDefinition, 'start' | 'lookback' | 'inputs'>;

/** A number that follows from the rows up to now, such as an input or its daily log return. */
export interface Stream {
  readonly inputs: readonly string[];
  /** Rows that one value needs. */
  readonly lookback: number;
  start(): (row: InputRow) => number;
}

/** The input itself. */
export const value = (input: string): Stream => ({ inputs: [input], lookback: 1, start: () => (row) => row[input] });

/** Some number of one row. */
export const perRow = (inputs: readonly string[], compute: (row: InputRow) => number): Stream => ({
  inputs,
  lookback: 1,
  start: () => compute,
});

/** ln(input); NaN where it is not positive. */
export const logOf = (input: string): Stream => perRow([input], (row) => (row[input] > 0 ? Math.log(row[input]) : Number.NaN));

/** ln(x now / x the row before) of a positive input; NaN where either is missing. */
export const logReturn = (input = 'close'): Stream => ({
  inputs: [input],
  lookback: 2,
  start() {
    let previous = Number.NaN;
    return (row) => {
      const now = row[input];
      const change = now > 0 && previous > 0 ? Math.log(now / previous) : Number.NaN;
      previous = now;
      return change;
    };
  },
});

/**
 * A feature over the last `rows` values of some streams: NaN as long as a missing value is among them, otherwise
 * `compute` of the windows, oldest value first.
 */
export function overWindow(
  text: FeatureText,
  rows: number,
  streams: readonly Stream[],
  compute: (...windows: Window[]) => number,
): FeatureDefinition {
  return {
    ...text,
    lookback: rows - 1 + Math.max(...streams.map((stream) => stream.lookback)),
    inputs: [...new Set(streams.flatMap((stream) => stream.inputs))],
    start() {
      const readers = streams.map((stream) => stream.start());
      const windows = streams.map(() => new Window(rows));
      const [read, window] = [readers[0]!, windows[0]!];
      if (streams.length === 1) {
        return (row) => {
          window.push(read(row));
          return window.isComplete ? compute(window) : Number.NaN;
        };
      }
      return (row) => {
        let isComplete = true;
        for (let i = 0; i < readers.length; i++) {
          windows[i]!.push(readers[i]!(row));
          isComplete &&= windows[i]!.isComplete;
        }
        return isComplete ? compute(...windows) : Number.NaN;
      };
    },
  };
}

/** A feature of one row alone. */
export const ofRow = (text: FeatureText, inputs: readonly string[], compute: (row: InputRow) => number): FeatureDefinition => ({
  ...text,
  lookback: 1,
  inputs,
  start: () => compute,
});
