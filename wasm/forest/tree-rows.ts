// The rows that a tree grows on.

import { CLASS_BITS, widened } from './class-counts';
import { order, rows, spareOrder, units } from './node';
import { below } from './random';

// A bootstrap sample: each row that was drawn once, ascending, with as many counts of its class as it was drawn.
export function drawRows(labels: usize): u32 {
  memory.fill(spareOrder, 0, <usize>rows << 2);
  for (let i: u32 = 0; i < rows; i++) {
    const place = spareOrder + (<usize>below(rows) << 2);
    store<u32>(place, load<u32>(place) + 1);
  }
  let drawn: usize = 0;
  for (let row: usize = 0; row < <usize>rows; row++) {
    const times = load<u32>(spareOrder + (row << 2));
    if (times == 0) continue;
    store<u32>(order + (drawn << 2), <u32>row);
    store<u64>(units + (drawn << 3), <u64>times << (CLASS_BITS * <u64>load<u8>(labels + row)));
    drawn++;
  }
  return <u32>drawn;
}

export function takeRows(labels: usize): u32 {
  for (let row: usize = 0; row < <usize>rows; row++) {
    store<u32>(order + (row << 2), <u32>row | ((<u32>1) << (16 + 5 * <u32>load<u8>(labels + row))));
  }
  return rows;
}

export function countAll(used: u32, isBest: bool): u64 {
  let total: u64 = 0;
  for (let i: usize = 0; i < <usize>used; i++) {
    total += isBest ? load<u64>(units + (i << 3)) : widened(<u64>load<u16>(order + (i << 2), 2));
  }
  return total;
}
