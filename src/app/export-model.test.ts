import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRng, ManualClock, normal } from '../domain/index.ts';
import { buildEnsemble } from '../model/ensemble-builder.ts';
import { EnsembleModel, ModelRegistry } from '../model/index.ts';
import { exportOnnx } from '../model/interchange/index.ts';
import { type ExportFormat, exportModel } from './export-model.ts';

const NAMES = ['a', 'b'];
const scores = { accuracy: null, logLoss: null, brier: null, ece: null, days: 0 };

let folder = '';
let out = '';
let registry: ModelRegistry;
let ensemble: EnsembleModel;
let modelId = '';
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ets-export-'));
  out = join(folder, 'elsewhere');
  registry = new ModelRegistry(join(folder, 'models'), new ManualClock(Date.UTC(2024, 0, 2)));
  const rng = createRng(1);
  const X = { data: Float64Array.from({ length: 160 }, () => normal(rng)), rows: 80, columns: 2, names: NAMES };
  const y = Uint8Array.from({ length: 80 }, (_, row) => (X.data[row * 2]! > 0.4 ? 0 : X.data[row * 2]! < -0.4 ? 1 : 2));
  const stack = await buildEnsemble({ trees: 10, folds: 2, purgeRows: 1, seed: 1 }, NAMES, 1).fit(X, y);
  ensemble = new EnsembleModel(NAMES, [0.3, 0.3, 0.4], stack);
  const manifest = await registry.save(ensemble.toBytes(), {
    ...{ trainedUntilMs: Date.UTC(2024, 0, 1), features: NAMES, featureCodeHash: 'f', procedureHash: 'p', procedure: {} },
    ...{ canonical: { series: 'c', reason: 'r' }, trainDays: 80, rows: 80, metrics: scores, baseline: scores },
    classes: [30, 30, 20],
    gate: { decision: 'promoted', reason: 'first', checks: [] },
  });
  modelId = manifest.modelId;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const exported = (format: ExportFormat) => exportModel(registry, modelId, out, format);
const nameOf = (format: ExportFormat) => (format === 'copy' ? modelId : `${modelId}.onnx`);

describe('exporting a model', () => {
  it('as a copy gives a folder that this program loads', async () => {
    expect(await exported('copy')).toBe(join(out, modelId));
    const { manifest, artifact } = await new ModelRegistry(out, new ManualClock(0)).load(modelId);
    expect(manifest).toEqual(await registry.show(modelId));
    expect(Buffer.compare(artifact, ensemble.toBytes())).toBe(0);
  });

  it('as ONNX gives the whole ensemble under the name of the model', async () => {
    expect(await exported('onnx')).toBe(join(out, `${modelId}.onnx`));
    const bytes = readFileSync(join(out, `${modelId}.onnx`));
    expect(Buffer.compare(bytes, exportOnnx(ensemble, { modelId }))).toBe(0);
  });

  it.each<ExportFormat>(['copy', 'onnx'])('as %s writes over nothing, and leaves nothing else behind', async (format) => {
    await exported(format);
    const path = join(out, nameOf(format));
    const before = format === 'copy' ? readFileSync(join(path, 'artifact.bin')) : readFileSync(path);
    await expect(exported(format)).rejects.toMatchObject({ code: 'registry.export_exists', exitCode: 2 });
    expect(format === 'copy' ? readFileSync(join(path, 'artifact.bin')) : readFileSync(path)).toEqual(before);
    expect(readdirSync(out)).toEqual([nameOf(format)]);
  });

  it.each<ExportFormat>(['copy', 'onnx'])(
    'as %s by several at once is made by one, and refused to the others',
    async (format) => {
      const results = await Promise.allSettled(Array.from({ length: 6 }, () => exported(format)));
      const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []));
      expect(refused).toEqual(new Array(5).fill('registry.export_exists'));
      expect(readdirSync(out)).toEqual([nameOf(format)]);
    },
  );

  it.each<ExportFormat>(['copy', 'onnx'])('as %s is not stopped by what one that was cut has left', async (format) => {
    mkdirSync(join(out, '.saving-1-cut'), { recursive: true });
    writeFileSync(join(out, '.saving-1-cut', 'artifact.bin'), 'half');
    writeFileSync(join(out, `.${modelId}.onnx.cut.tmp`), 'half');
    expect(existsSync(await exported(format))).toBe(true);
  });

  it.each<ExportFormat>(['copy', 'onnx'])('as %s writes nothing of a version that is damaged', async (format) => {
    writeFileSync(join(folder, 'models', modelId, 'artifact.bin'), 'noise');
    await expect(exported(format)).rejects.toMatchObject({ code: 'registry.artifact_damaged' });
    expect(existsSync(join(out, nameOf(format)))).toBe(false);
  });

  it.each<ExportFormat>(['copy', 'onnx'])('as %s leaves nothing where the folder cannot be written', async (format) => {
    writeFileSync(out, 'a file stands here');
    await expect(exported(format)).rejects.toThrow();
    expect(readFileSync(out, 'utf8')).toBe('a file stands here');
  });
});
