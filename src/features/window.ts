/**
 * The last `length` values of a stream, oldest first, in one contiguous piece of `values`: [start, end). Sums over it
 * run in the same order whatever came before, so results are bit-identical however a run was begun.
 */
export class Window {
  readonly length: number;
  readonly values: Float64Array;
  start = 0;
  end = 0;
  #sinceMissing = 0;

  constructor(length: number) {
    this.length = length;
    this.values = new Float64Array(length * 2 + 64);
  }

  push(value: number): void {
    if (this.end === this.values.length) {
      this.values.copyWithin(0, this.end - this.length + 1, this.end);
      this.end = this.length - 1;
    }
    this.values[this.end++] = value;
    this.start = Math.max(0, this.end - this.length);
    this.#sinceMissing = Number.isFinite(value) ? this.#sinceMissing + 1 : 0;
  }

  /** Whether it is full and nothing in it is missing. */
  get isComplete(): boolean {
    return this.#sinceMissing >= this.length;
  }

  /** The value `rowsBack` rows ago; 0 is the newest. */
  back(rowsBack: number): number {
    return this.values[this.end - 1 - rowsBack]!;
  }

  get newest(): number {
    return this.values[this.end - 1]!;
  }

  get oldest(): number {
    return this.values[this.start]!;
  }
}
