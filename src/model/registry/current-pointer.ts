import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ModelError } from '../../domain/index.ts';
import { writeAtomically } from '../persistence/write-atomically.ts';

const pointerSchema = z.object({
  history: z
    .array(z.object({ modelId: z.string(), atMs: z.int(), reason: z.string(), isRollback: z.literal(true).optional() }))
    .readonly(),
});

/** Promotions and rollbacks, oldest first. */
export type PointerHistory = z.infer<typeof pointerSchema>['history'];

const POINTER = 'current.json';

/** Empty where nothing was ever promoted. @throws ModelError `registry.pointer_damaged` */
export async function readPointer(folder: string): Promise<PointerHistory> {
  const path = join(folder, POINTER);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
  });
  if (text === undefined) return [];
  try {
    return pointerSchema.parse(JSON.parse(text)).history;
  } catch (cause) {
    throw new ModelError('registry.pointer_damaged', `${path} cannot be read`, {
      hint: 'Delete it and promote a model with `ets models promote`.',
      cause,
    });
  }
}

export const writePointer = (folder: string, history: PointerHistory): Promise<void> =>
  writeAtomically(join(folder, POINTER), `${JSON.stringify({ history }, null, 2)}\n`);

/** Versions in the order in which they served, without those that were rolled back; the last one is current. */
export function servingOrder(history: PointerHistory): string[] {
  const stack: string[] = [];
  for (const { modelId, isRollback } of history) {
    const before = isRollback ? stack.lastIndexOf(modelId, -2) : -1;
    if (before >= 0) stack.length = before + 1;
    else stack.push(modelId);
  }
  return stack;
}
