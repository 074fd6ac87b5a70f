// What all that splits a node reads: the task, the node, and its best split so far.

import { ofClass } from './class-counts';

// --- the task, as src/model/trees/forest-task.ts lays it out
export let rows: u32 = 0, minLeaf: u32 = 0, rowBytes: u32 = 0;
export let candidates: usize = 0, values: usize = 0, binCounts: usize = 0, distinct: usize = 0, distinctStarts: usize = 0;
export let order: usize = 0, spareOrder: usize = 0, units: usize = 0, spareUnits: usize = 0;
export let gathered: usize = 0, histogram: usize = 0, numbers: usize = 0;
export let bucketStarts: usize = 0, bucketFirsts: usize = 0, lowestValues: usize = 0, bucketScales: usize = 0;
export let group: usize = 0, offers: usize = 0, selections: usize = 0;

// --- the node that is split
export let nodeCounts: u64 = 0;
export let t0: f64 = 0, t1: f64 = 0, t2: f64 = 0, whole: f64 = 0, parent: f64 = 0;

// --- its best split so far; of a random threshold in many rows `bestCut` is the rank of the highest value at or below it
export let bestColumn: i32 = -1, bestCut: u32 = 0, bestMissingLeft: bool = false;
export let bestThreshold: f64 = 0, bestGain: f64 = 0;
export let bestLeft: u64 = 0;

// What a split has to gain more than.
export const LEAST_GAIN: f64 = -1e-9;

// @ts-ignore: decorator
@inline
export function field(task: usize, index: usize): u32 {
  return load<u32>(task + (index << 2));
}

export function readTask(task: usize): void {
  rows = field(task, 1);
  minLeaf = field(task, 4);
  rowBytes = field(task, 2) << 3;
  candidates = field(task, 9);
  values = field(task, 17);
  binCounts = field(task, 18);
  distinct = field(task, 19);
  distinctStarts = field(task, 20);
  order = field(task, 21);
  spareOrder = field(task, 22);
  units = field(task, 23);
  spareUnits = field(task, 24);
  gathered = field(task, 25);
  histogram = field(task, 26);
  numbers = field(task, 27);
  bucketStarts = field(task, 29);
  bucketFirsts = field(task, 30);
  lowestValues = field(task, 31);
  bucketScales = field(task, 32);
  group = field(task, 34);
  offers = field(task, 35);
  selections = field(task, 36);
}

export function beginNode(counts: u64): void {
  nodeCounts = counts;
  t0 = <f64>ofClass(counts, 0);
  t1 = <f64>ofClass(counts, 1);
  t2 = <f64>ofClass(counts, 2);
  whole = t0 + t1 + t2;
  bestColumn = -1;
}

export function beginSearch(): void {
  parent = (t0 * t0 + t1 * t1 + t2 * t2) / whole;
  bestGain = LEAST_GAIN;
}

export function setBest(column: i32, cut: u32, threshold: f64, missingLeft: bool, left: u64, gain: f64): void {
  bestColumn = column;
  bestCut = cut;
  bestThreshold = threshold;
  bestMissingLeft = missingLeft;
  bestLeft = left;
  bestGain = gain;
}

// The values at two distances from a place.
// @ts-ignore: decorator
@inline
export function pairAt(place: usize, first: usize, second: usize): v128 {
  return v128.load64_lane(place + second, v128.load64_zero(place + first), 1);
}
