import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../domain/index.ts';
import { EnsembleModel, type ModelRegistry } from '../model/index.ts';

export type ExportFormat = 'copy' | 'onnx';

/**
 * A version outside of the registry: `copy` is a checked folder that this program reads, `onnx` a file for other runtimes.
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
  await mkdir(folder, { recursive: true });
  await writeFile(path, exportOnnx(EnsembleModel.fromBytes(artifact), { modelId }), { flag: 'wx' }).catch(
    (cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'EEXIST') throw cause;
      throw new ConfigError('registry.export_exists', `${path} is already there`, { hint: 'Name another folder.', cause });
    },
  );
  return path;
}
