import { ModelError } from '../../domain/index.ts';

/** How a raw score may move while a feature rises: up or not at all (1), down or not at all (-1), as it likes (0). */
export type MonotoneDirection = -1 | 0 | 1;

/** One direction per column for the raw scores of every class, as LightGBM has it, or directions by class. */
export type MonotoneConstraints = readonly MonotoneDirection[] | { readonly [label: number]: readonly MonotoneDirection[] };

/** Least and largest output that a leaf may have, in packed units. */
export interface OutputBounds {
  readonly low: number;
  readonly high: number;
}

export const UNBOUNDED: OutputBounds = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };

const isList = (constraints: MonotoneConstraints): constraints is readonly MonotoneDirection[] => Array.isArray(constraints);

/** Refuses directions other than -1, 0 and 1. @throws ModelError `learner.bad_setting` */
export function checkMonotone(constraints: MonotoneConstraints): void {
  const wrong = (isList(constraints) ? constraints : Object.values(constraints).flat()).find(
    (value) => ![-1, 0, 1].includes(value),
  );
  if (wrong !== undefined)
    throw new ModelError('learner.bad_setting', `monotone must consist of -1, 0 and 1, not ${wrong}`, {
      details: { value: wrong },
    });
}

/**
 * The directions of each class, `null` where nothing binds it.
 * @throws ModelError `learner.constraint_mismatch` where directions and columns differ in number, or there is no such class
 */
export function directionsByClass(
  constraints: MonotoneConstraints | null,
  classes: number,
  columns: number,
): readonly (Int8Array | null)[] {
  const given: (readonly MonotoneDirection[] | undefined)[] = new Array(classes).fill(undefined);
  if (constraints !== null && isList(constraints)) given.fill(constraints);
  else if (constraints !== null) {
    for (const [label, directions] of Object.entries(constraints)) {
      if (!(Number(label) in given))
        throw mismatch(`monotone names class ${label}; there are the classes 0 to ${classes - 1}`, { label, classes });
      given[Number(label)] = directions;
    }
  }
  return given.map((directions) => {
    if (directions === undefined) return null;
    if (directions.length !== columns)
      throw mismatch(`monotone has ${directions.length} directions for ${columns} columns`, {
        directions: directions.length,
        columns,
      });
    return directions.some((direction) => direction !== 0) ? Int8Array.from(directions) : null;
  });
}

const mismatch = (message: string, details: Readonly<Record<string, unknown>>) =>
  new ModelError('learner.constraint_mismatch', message, {
    details,
    hint: 'Give one direction for each column, 0 where any will do.',
  });

/** Output of a leaf: the minimum of its quadratic loss within the bounds. `hessian` includes l2. */
export const boundedOutput = ({ low, high }: OutputBounds, gradient: number, hessian: number): number =>
  Math.min(high, Math.max(low, -gradient / hessian));

/**
 * Bounds of the children of a split: where its column has a direction, the middle between their outputs divides what
 * they and all below them may say. LightGBM calls this the basic method.
 */
export function childBounds(
  bounds: OutputBounds,
  direction: number,
  left: number,
  right: number,
): readonly [left: OutputBounds, right: OutputBounds] {
  if (direction === 0) return [bounds, bounds];
  const middle = left + (right - left) / 2;
  const below = { low: bounds.low, high: middle };
  const above = { low: middle, high: bounds.high };
  return direction > 0 ? [below, above] : [above, below];
}
