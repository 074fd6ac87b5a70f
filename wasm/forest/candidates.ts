// The list of columns that splits are drawn from: those drawn stand first, in their order.

import { candidates } from './node';
import { below } from './random';

export function listColumns(columns: u32): void {
  for (let column: u32 = 0; column < columns; column++) store<u32>(placeOf(column), column);
}

// Draws one more column, of those that `drawn` ones have left. Returns where it stood.
// @ts-ignore: decorator
@inline
export function drawColumn(drawn: u32, columns: u32): usize {
  const stood = placeOf(drawn + below(columns - drawn));
  exchange(stood, placeOf(drawn));
  return stood;
}

// @ts-ignore: decorator
@inline
export function drawnColumn(drawn: u32): i32 {
  return load<i32>(placeOf(drawn));
}

// Undoes the drawing of the last column.
export function putBack(drawn: u32, stood: usize): void {
  exchange(stood, placeOf(drawn));
}

// @ts-ignore: decorator
@inline
function placeOf(index: u32): usize {
  return candidates + (<usize>index << 2);
}

// @ts-ignore: decorator
@inline
function exchange(one: usize, other: usize): void {
  const column = load<u32>(one);
  store<u32>(one, load<u32>(other));
  store<u32>(other, column);
}
