import type { Calibration } from '../calibration/choose-calibration.ts';
import { SMALLEST_LOGGED } from '../calibration/dirichlet.ts';
import { readCurves } from '../calibration/isotonic.ts';
import { SMALLEST_TEMPERED } from '../calibration/temperature.ts';
import type { OnnxGraph, Value } from './onnx-graph.ts';

/** Adds calibration and shrinkage to the class shares behind probabilities. */
export function addCalibration(graph: OnnxGraph, { calibrator, weight, shares }: Calibration, probabilities: Value): Value {
  const classes = shares.length;
  const calibrated = {
    temperature: () => addTemperature(graph, calibrator.numbers[0]!, probabilities),
    dirichlet: () => addDirichlet(graph, calibrator.numbers, probabilities, classes),
    isotonic: () => addIsotonic(graph, calibrator.numbers, probabilities, classes),
  }[calibrator.kind]();
  if (weight === 1) return calibrated;
  const drawn = graph.constant(
    shares.map((share) => (1 - weight) * share),
    [1, classes],
  );
  return graph.node('Add', [graph.node('Mul', [calibrated, graph.constant([weight])]), drawn]);
}

const atLeast = (graph: OnnxGraph, probabilities: Value, least: number): Value =>
  graph.node('Max', [probabilities, graph.constant([least])]);

function addTemperature(graph: OnnxGraph, temperature: number, probabilities: Value): Value {
  if (temperature === 1) return probabilities;
  return graph.normalise(
    graph.node('Pow', [atLeast(graph, probabilities, SMALLEST_TEMPERED), graph.constant([1 / temperature])]),
  );
}

function addDirichlet(graph: OnnxGraph, map: Float64Array, probabilities: Value, classes: number): Value {
  const width = classes + 1;
  const byInput = Float64Array.from(
    { length: classes * classes },
    (_, at) => map[(at % classes) * width + Math.floor(at / classes)]!,
  );
  const intercepts = Float64Array.from({ length: classes }, (_, k) => map[k * width + classes]!);
  const logs = graph.node('Log', [atLeast(graph, probabilities, SMALLEST_LOGGED)]);
  const scores = graph.node('Add', [
    graph.node('MatMul', [logs, graph.constant(byInput, [classes, classes])]),
    graph.constant(intercepts, [1, classes]),
  ]);
  return graph.node('Softmax', [scores], { axis: 1 });
}

/** A curve is its first value and, for each stretch between knots, its slope times how much of it lies below. */
function addIsotonic(graph: OnnxGraph, numbers: Float64Array, probabilities: Value, classes: number): Value {
  const mapped = readCurves(numbers, classes).map(({ x, y }, k) => {
    const own = graph.node('Gather', [probabilities, graph.integers([k])], { axis: 1 });
    const stretches = Math.max(1, x.length - 1);
    const widths = Float64Array.from({ length: stretches }, (_, i) => (x[i + 1] ?? x[i]! + 1) - x[i]!);
    const slopes = Float64Array.from({ length: stretches }, (_, i) => ((y[i + 1] ?? y[i]!) - y[i]!) / widths[i]!);
    const starts = graph.constant(x.subarray(0, stretches), [1, stretches]);
    const above = graph.node('Max', [graph.node('Sub', [own, starts]), graph.constant([0])]);
    const covered = graph.node('Min', [above, graph.constant(widths, [1, stretches])]);
    return graph.node('Add', [
      graph.node('MatMul', [covered, graph.constant(slopes, [stretches, 1])]),
      graph.constant([y[0]!], [1, 1]),
    ]);
  });
  return graph.normalise(graph.node('Concat', mapped, { axis: 1 }));
}
