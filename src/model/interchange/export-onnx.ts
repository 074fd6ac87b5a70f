import { CLASS_LABELS } from '../../domain/index.ts';
import type { EnsembleModel } from '../ensemble-model.ts';
import { CLASS_PRECEDENCE } from '../evaluation/index.ts';
import { decodeArtifact, octets } from '../persistence/artifact.ts';
import { FittedStacking } from '../stacking/fitted-stacking.ts';
import { addCalibration } from './onnx-calibration.ts';
import { OnnxGraph, type Value } from './onnx-graph.ts';
import { addLearner } from './onnx-learners.ts';

/**
 * An ensemble as one ONNX model: input `features`, rows x features of doubles with NaN where a value is missing; outputs
 * `probabilities` (rows x BUY, SELL, HOLD) and `label`. Metadata names the features in order, and the classes.
 * Differs from this program's predictions by less than 1e-6: the runtime adds leaves up in single precision.
 * @throws ModelError `onnx.unknown_learner`
 */
export function exportOnnx(model: EnsembleModel, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const columns = model.featureNames.length;
  const graph = new OnnxGraph();
  const probabilities = addStack(graph, model.stackBytes(), graph.input);
  return graph.toBytes(probabilities, columns, CLASS_PRECEDENCE, {
    ...metadata,
    features: JSON.stringify(model.featureNames),
    classes: JSON.stringify(CLASS_LABELS),
  });
}

function addStack(graph: OnnxGraph, bytes: Uint8Array, features: Value): Value {
  const stack = decodeArtifact(bytes);
  const { calibration, passThrough } = FittedStacking.fromBytes(bytes);
  const bases = Object.keys(stack.arrays).filter((name) => name.startsWith('base:'));
  const said = bases.map((name) => addLearner(graph, decodeArtifact(octets(stack, name)), features));
  const passed = passThrough.length === 0 ? [] : [graph.node('Gather', [features, graph.integers(passThrough)], { axis: 1 })];
  const input = graph.node('Concat', [...said, ...passed], { axis: 1 });
  return addCalibration(graph, calibration, addLearner(graph, decodeArtifact(octets(stack, 'meta')), input));
}
