// A learner of one's own: each class is where its days lie on average, and a day belongs to the nearest.
// In the configuration:
//   model:
//     plugins:
//       - name: nearest-centroid
//         module: examples/nearest-centroid.mjs
//         settings: { sharpness: 1 }
// `fit` and `load` are synchronous and must depend on nothing but what they are given: no clock, no chance, no files.

/** Squared distance, in scales, to where a class was never seen. */
const UNKNOWN = 3;

/** @param window {data, rows, columns, labels, weights|null, classes, settings}; data is row after row, NaN where missing */
export function fit({ data, rows, columns, labels, weights, classes, settings }) {
  const sums = new Float64Array(classes * columns);
  const counts = new Float64Array(classes * columns);
  const seen = new Float64Array(classes);
  const square = new Float64Array(columns);
  const total = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    const weight = weights === null ? 1 : weights[row];
    seen[labels[row]] += weight;
    for (let column = 0; column < columns; column++) {
      const value = data[row * columns + column];
      if (Number.isNaN(value) || weight === 0) continue;
      const at = labels[row] * columns + column;
      sums[at] += weight * value;
      counts[at] += weight;
      total[column] += weight;
      square[column] += weight * value * value;
    }
  }
  const scales = [...square].map((value, column) => Math.sqrt(value / Math.max(total[column], 1e-9)) || 1);
  const centroids = [...sums].map((value, at) => (counts[at] > 0 ? value / counts[at] : null));
  const all = seen.reduce((sum, value) => sum + value, 0);
  const priors = [...seen].map((value) => Math.log((value + 1) / (all + classes)));
  const model = { columns, classes, centroids, scales, priors, sharpness: settings.sharpness ?? 1 };
  return new TextEncoder().encode(JSON.stringify(model));
}

/** @returns a function from {data, rows, columns} to probabilities, `classes` a row, each row summing to 1 */
export function load(bytes) {
  const { columns, classes, centroids, scales, priors, sharpness } = JSON.parse(new TextDecoder().decode(bytes));
  return ({ data, rows }) => {
    const said = new Float64Array(rows * classes);
    for (let row = 0; row < rows; row++) {
      const scores = priors.map((prior, k) => {
        let distance = 0;
        for (let column = 0; column < columns; column++) {
          const centroid = centroids[k * columns + column];
          const value = data[row * columns + column];
          if (Number.isNaN(value)) continue;
          distance += centroid === null ? UNKNOWN : Math.min(9, ((value - centroid) / scales[column]) ** 2);
        }
        return prior - (sharpness * distance) / 2;
      });
      const highest = Math.max(...scores);
      const powers = scores.map((score) => Math.exp(score - highest));
      const sum = powers.reduce((a, b) => a + b, 0);
      powers.forEach((power, k) => {
        said[row * classes + k] = power / sum;
      });
    }
    return said;
  };
}
