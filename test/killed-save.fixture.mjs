// Saves and promotes a model, and kills itself before the n-th change of the disk, or in the middle of it where it is the
// content of a file: node FILE modelsFolder trainedUntilMs n
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const [folder, trainedUntilMs, deadly] = process.argv.slice(2);
let changes = 0;
const isDeadly = () => ++changes === Number(deadly);
const die = () => process.kill(process.pid, 'SIGKILL');
const { open } = fs.promises;
for (const name of ['mkdir', 'rename', 'rm', 'link']) {
  const original = fs.promises[name];
  fs.promises[name] = async (...args) => {
    if (isDeadly()) die();
    return original(...args);
  };
}
fs.promises.open = async (...args) => {
  const handle = await open(...args);
  const { writeFile } = handle;
  handle.writeFile = async (content) => {
    if (isDeadly()) {
      await writeFile.call(handle, content.slice(0, content.length / 2));
      die();
    }
    return writeFile.call(handle, content);
  };
  return handle;
};
syncBuiltinESMExports();
const { ModelRegistry } = await import('../dist/model/registry/model-registry.js');
const registry = new ModelRegistry(folder, { nowMs: () => Number(trainedUntilMs) });
const scores = { accuracy: null, logLoss: null, brier: null, ece: null, days: 0 };
const { modelId } = await registry.save(Buffer.from(`model of ${trainedUntilMs}`.repeat(1_000)), {
  ...{ trainedUntilMs: Number(trainedUntilMs), features: ['a'], featureCodeHash: 'f', procedureHash: 'p', procedure: {} },
  ...{ canonical: { series: 'c', reason: 'r' }, trainDays: 80, rows: 80, metrics: scores, baseline: scores },
  classes: [30, 30, 20],
  gate: { decision: 'promoted', reason: 'better', checks: [] },
});
await registry.promote(modelId, 'better');
process.stdout.write(`${modelId}\n`);
