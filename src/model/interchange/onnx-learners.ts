import { ModelError } from '../../domain/index.ts';
import { readTrees } from '../learners/tree-arrays.ts';
import { FARTHEST_DEVIATIONS } from '../linear/standardise.ts';
import { type Artifact, fact, floats } from '../persistence/artifact.ts';
import type { TreeSet } from '../trees/tree-set.ts';
import type { OnnxGraph, Value } from './onnx-graph.ts';

/**
 * Adds a fitted learner, as it is stored, to a graph.
 * @param columns rows x columns that it looks at @returns its probabilities
 * @throws ModelError `onnx.unknown_learner`
 */
export function addLearner(graph: OnnxGraph, artifact: Artifact, columns: Value): Value {
  switch (artifact.kind) {
    case 'boosting':
      return addBoosting(graph, artifact, columns);
    case 'forest':
      return addForest(graph, artifact, columns);
    case 'logistic':
      return addLogistic(graph, artifact, columns);
    case 'pool':
      return addPool(graph, artifact, columns);
    case 'prior':
      return addPrior(graph, artifact, columns);
    default:
      throw new ModelError('onnx.unknown_learner', `a learner of the kind ${artifact.kind} has no ONNX form`, {
        hint: 'Export the model without --format onnx.',
      });
  }
}

function addBoosting(graph: OnnxGraph, artifact: Artifact, columns: Value): Value {
  const classes = fact(artifact, 'classes');
  const start = graph.constant(floats(artifact, 'start'), [1, classes]);
  const trees = readTrees(artifact);
  if (trees.roots.length === 0) return graph.node('Softmax', [spread(graph, start, columns, classes)], { axis: 1 });
  const sum = addTrees(graph, trees, columns, classes, (tree) => [tree % classes]);
  return graph.node('Softmax', [graph.node('Add', [sum, start])], { axis: 1 });
}

function addForest(graph: OnnxGraph, artifact: Artifact, columns: Value): Value {
  const classes = fact(artifact, 'classes');
  const all = Array.from({ length: classes }, (_, k) => k);
  return graph.normalise(addTrees(graph, readTrees(artifact), columns, classes, () => all));
}

function addLogistic(graph: OnnxGraph, artifact: Artifact, input: Value): Value {
  const [classes, columns] = [fact(artifact, 'classes'), fact(artifact, 'columns')];
  const weights = floats(artifact, 'weights');
  const byColumn = Float64Array.from(
    { length: columns * classes },
    (_, at) => weights[(at % classes) * (columns + 1) + Math.floor(at / classes)]!,
  );
  const intercepts = Float64Array.from({ length: classes }, (_, k) => weights[k * (columns + 1) + columns]!);
  const means = graph.constant(floats(artifact, 'means'), [1, columns]);
  const known = graph.node('Where', [graph.node('IsNaN', [input]), means, input]);
  const distance = graph.node('Div', [
    graph.node('Sub', [known, means]),
    graph.constant(floats(artifact, 'deviations'), [1, columns]),
  ]);
  const standard = graph.node('Clip', [distance, graph.constant([-FARTHEST_DEVIATIONS]), graph.constant([FARTHEST_DEVIATIONS])]);
  const product = graph.node('MatMul', [standard, graph.constant(byColumn, [columns, classes])]);
  return graph.node('Softmax', [graph.node('Add', [product, graph.constant(intercepts, [1, classes])])], { axis: 1 });
}

function addPool(graph: OnnxGraph, artifact: Artifact, columns: Value): Value {
  const classes = fact(artifact, 'classes');
  const weights = floats(artifact, 'weights');
  const matrix = new Float64Array(weights.length * classes * classes);
  weights.forEach((weight, i) => {
    for (let k = 0; k < classes; k++) matrix[(i * classes + k) * classes + k] = weight;
  });
  return graph.node('MatMul', [columns, graph.constant(matrix, [weights.length * classes, classes])]);
}

function addPrior(graph: OnnxGraph, artifact: Artifact, columns: Value): Value {
  const shares = floats(artifact, 'shares');
  return spread(graph, graph.constant(shares, [1, shares.length]), columns, shares.length);
}

/** One row of numbers for each row of `columns`. */
function spread(graph: OnnxGraph, row: Value, columns: Value, width: number): Value {
  const rows = graph.node('Shape', [columns], { start: 0, end: 1 });
  return graph.node('Expand', [row, graph.node('Concat', [rows, graph.integers([width])], { axis: 0 })]);
}

/**
 * Sums of the leaves that a row reaches.
 * @param targetsOf the outputs that the values of a leaf of a tree belong to, in order
 */
function addTrees(
  graph: OnnxGraph,
  trees: TreeSet,
  columns: Value,
  targets: number,
  targetsOf: (tree: number) => readonly number[],
): Value {
  const { feature, threshold, left, right, missingLeft, values, roots } = trees;
  const nodes = feature.length;
  const treeOf = new Int32Array(nodes);
  const idOf = new Int32Array(nodes);
  const order: number[] = [];
  roots.forEach((root, tree) => {
    const waiting = [root];
    for (let id = 0; waiting.length > 0; id++) {
      const node = waiting.pop()!;
      treeOf[node] = tree;
      idOf[node] = id;
      order.push(node);
      if (feature[node]! >= 0) waiting.push(right[node]!, left[node]!);
    }
  });
  const isLeaf = (node: number) => feature[node]! < 0;
  const ints = (of: (node: number) => number) => Int32Array.from(order, of);
  const leaves = order.filter(isLeaf).flatMap((node) =>
    targetsOf(treeOf[node]!).map((target, k) => ({
      tree: treeOf[node]!,
      id: idOf[node]!,
      target,
      value: values[left[node]! + k]!,
    })),
  );
  const sums = graph.node(
    'TreeEnsembleRegressor',
    [columns],
    {
      n_targets: targets,
      aggregate_function: 'SUM',
      post_transform: 'NONE',
      nodes_treeids: ints((node) => treeOf[node]!),
      nodes_nodeids: ints((node) => idOf[node]!),
      nodes_featureids: ints((node) => Math.max(0, feature[node]!)),
      nodes_modes: order.map((node) => (isLeaf(node) ? 'LEAF' : 'BRANCH_LEQ')),
      nodes_values_as_tensor: Float64Array.from(order, (node) => (isLeaf(node) ? 0 : threshold[node]!)),
      nodes_truenodeids: ints((node) => (isLeaf(node) ? 0 : idOf[left[node]!]!)),
      nodes_falsenodeids: ints((node) => (isLeaf(node) ? 0 : idOf[right[node]!]!)),
      nodes_missing_value_tracks_true: ints((node) => (isLeaf(node) ? 0 : missingLeft[node]!)),
      target_treeids: Int32Array.from(leaves, ({ tree }) => tree),
      target_nodeids: Int32Array.from(leaves, ({ id }) => id),
      target_ids: Int32Array.from(leaves, ({ target }) => target),
      target_weights_as_tensor: Float64Array.from(leaves, ({ value }) => value),
    },
    'ai.onnx.ml',
  );
  // The operator answers in single precision whatever it is asked in.
  return graph.node('Cast', [sums], { to: 11 });
}
