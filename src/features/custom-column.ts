/** A numeric column of a dataset that the user added, to be made into features. */
export interface CustomColumn {
  readonly dataset: string;
  readonly column: string;
  /** An older row is missing; 72 h unless told otherwise. */
  readonly maxAgeHours?: number;
}

/** Name of the input that carries the column, and root of its features' names. */
export const customInputName = (column: CustomColumn): string => `custom:${column.dataset}.${column.column}`;
