import { join } from 'node:path';
import { ConfigError } from '../domain/index.ts';
import { EnsembleModel, type ModelRegistry } from '../model/index.ts';
import { createFileAtomic } from '../storage/index.ts';

export type ExportFormat = 'copy' | 'onnx';

/**
 * A version outside of the registry: `copy` is a checked folder that this program reads, `onnx` a file for other runtimes.
 * It is there whole or not at all, and takes the place of nothing.
 * @returns the path of what was written
 * @throws ConfigError `registry.export_exists`; ModelError where the version is damaged
 */
export async function exportModel(
  registry: ModelRegistry,
  modelId: string,
  folder: string,
  format: ExportFormat,
): Promise<string> {
  if (format === 'copy') return registry.export(modelId, folder);
  const { exportOnnx } = await import('../model/interchange/index.ts');
  const { artifact } = await registry.load(modelId);
  const path = join(folder, `${modelId}.onnx`);
  if (!(await createFileAtomic(path, exportOnnx(EnsembleModel.fromBytes(artifact), { modelId })))) {
    throw new ConfigError('registry.export_exists', `${path} is already there`, { hint: 'Name another folder.' });
  }
  return path;
}
