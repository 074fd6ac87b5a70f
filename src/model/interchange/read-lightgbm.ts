import { ModelError } from '../../domain/index.ts';
import { FittedBoosting } from '../learners/fitted-boosting.ts';
import { TreeSetBuilder } from '../trees/tree-set.ts';

/** A gradient boosting model that LightGBM trained, and what it calls its columns. */
export interface ImportedBoosting {
  readonly featureNames: readonly string[];
  readonly boosting: FittedBoosting;
}

type Block = ReadonlyMap<string, string>;

/** Bits of `decision_type`. */
const CATEGORICAL = 1;
const DEFAULT_LEFT = 2;
/** Next two bits: what LightGBM took for a missing value in training. */
const MISSING_SHIFT = 2;
const [MISSING_NONE, MISSING_ZERO, MISSING_NAN] = [0, 1, 2];

const refuse = (what: string, hint: string, code = 'lightgbm.unsupported') =>
  new ModelError(code, `the LightGBM model ${what}`, { hint });
const damaged = (what: string) => refuse(what, 'Save it again with save_model.', 'lightgbm.unreadable');

/**
 * LightGBM's text format (`save_model`, versions 3 and 4) for `objective=multiclass`; predictions are LightGBM's, to rounding.
 * @throws ModelError `lightgbm.unreadable` where it is damaged; `lightgbm.unsupported` for other objectives, categorical
 * splits, linear leaves, averaged forests, and zeros that count as missing
 */
export function readLightGbm(text: string, classes: number): ImportedBoosting {
  const [head, ...trees] = blocksOf(text);
  if (head === undefined || !['v3', 'v4'].includes(head.get('version') ?? '')) throw damaged('has no version 3 or 4');
  const objective = head.get('objective')?.split(' ')[0];
  if (objective !== 'multiclass' || number(head, 'num_class') !== classes || number(head, 'num_tree_per_iteration') !== classes) {
    throw refuse(
      `has the objective ${head.get('objective') ?? 'none'}`,
      `Train it with objective=multiclass and num_class=${classes}: 0 BUY, 1 SELL, 2 HOLD.`,
    );
  }
  if (head.has('average_output')) throw refuse('is a forest', 'Train it with boosting=gbdt.');
  const featureNames = (head.get('feature_names') ?? '').split(' ').filter((name) => name !== '');
  const columns = number(head, 'max_feature_idx') + 1;
  if (featureNames.length !== columns || new Set(featureNames).size !== columns)
    throw damaged(`names ${featureNames.length} features for ${columns} columns`);
  if (trees.length === 0 || trees.length % classes !== 0 || trees.length !== listOf(head, 'tree_sizes').length)
    throw damaged(`has ${trees.length} trees where it announces ${listOf(head, 'tree_sizes').length}`);
  const builder = new TreeSetBuilder();
  const importance = new Float64Array(columns);
  for (const tree of trees) addTree(builder, importance, tree, columns);
  const start = new Float64Array(classes);
  return { featureNames, boosting: new FittedBoosting(classes, columns, { start, trees: builder.finish(), importance }) };
}

/** The head, then each tree, as names and values. */
function blocksOf(text: string): Block[] {
  const end = text.indexOf('\nend of trees');
  if (!text.startsWith('tree\n') || end < 0) throw damaged('does not begin and end as one');
  const parts = text.slice(0, end).split(/\n(?=Tree=\d+\n)/);
  return parts.map((part) => {
    const lines = part.split('\n').filter((line) => line !== '');
    return new Map(
      lines.map((line) => {
        const at = line.indexOf('=');
        return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
      }),
    );
  });
}

function number(block: Block, name: string): number {
  const value = Number(block.get(name) ?? 'NaN');
  if (!Number.isSafeInteger(value) || value < 0) throw damaged(`has no whole number ${name}`);
  return value;
}

/** Numbers of a line, all finite; none where there is no line. */
function listOf(block: Block, name: string): number[] {
  const values = (block.get(name) ?? '').split(' ').filter((value) => value !== '');
  return values.map((value) => {
    const parsed = Number(value);
    if (!Number.isFinite(parsed)) throw damaged(`has ${value.slice(0, 20)} in ${name}`);
    return parsed;
  });
}

function addTree(builder: TreeSetBuilder, importance: Float64Array, tree: Block, columns: number): void {
  if (number(tree, 'num_cat') > 0) throw refuse('splits by category', 'Train it on numbers alone.');
  if (tree.get('is_linear') === '1') throw refuse('has linear leaves', 'Train it with linear_tree=false.');
  const leaves = number(tree, 'num_leaves');
  const values = listOf(tree, 'leaf_value');
  const [features, thresholds, kinds] = ['split_feature', 'threshold', 'decision_type'].map((name) => listOf(tree, name));
  const [lefts, rights, gains] = ['left_child', 'right_child', 'split_gain'].map((name) => listOf(tree, name));
  const splits = [features, thresholds, kinds, lefts, rights, gains];
  if (values.length !== leaves || leaves < 1 || splits.some((list) => list!.length !== leaves - 1))
    throw damaged(`has a tree whose lists are not of ${leaves} leaves`);
  builder.beginTree();
  const root = builder.addNode();
  const seen = new Set<number>();
  const waiting: (readonly [node: number, child: number])[] = [[root, leaves === 1 ? -1 : 0]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [node, child] = next;
    if (seen.has(child)) throw damaged(`has a tree that comes twice to ${child}`);
    seen.add(child);
    if (child < 0 && values[-child - 1] !== undefined) {
      builder.setLeaf(node, [values[-child - 1]!], 1);
      continue;
    }
    const column = features![child];
    if (column === undefined || !Number.isInteger(column) || column < 0 || column >= columns)
      throw damaged(`has a tree that leads nowhere, at ${child}`);
    const [left, right] = [builder.addNode(), builder.addNode()];
    builder.split(node, column, thresholds![child]!, goesLeftMissing(kinds![child]!, thresholds![child]!), left, right);
    importance[column]! += Math.max(0, gains![child]!);
    waiting.push([right, rights![child]!], [left, lefts![child]!]);
  }
  if (seen.size !== 2 * leaves - 1) throw damaged('has a tree with parts that nothing leads to');
}

/** Where a missing value goes. Unless missing values were NaN in training, LightGBM takes NaN for 0. */
function goesLeftMissing(kind: number, threshold: number): boolean {
  if (kind & CATEGORICAL) throw refuse('splits by category', 'Train it on numbers alone.');
  const isLeft = (kind & DEFAULT_LEFT) !== 0;
  const isZeroLeft = threshold >= 0;
  switch ((kind >> MISSING_SHIFT) & 3) {
    case MISSING_NAN:
      return isLeft;
    case MISSING_NONE:
      return isZeroLeft;
    case MISSING_ZERO:
      if (isLeft === isZeroLeft) return isLeft;
      throw refuse('takes zeros for missing values', 'Train it with zero_as_missing=false.');
    default:
      throw damaged(`has a split of the unknown kind ${kind}`);
  }
}
