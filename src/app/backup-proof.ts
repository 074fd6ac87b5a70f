import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../storage/index.ts';
import { type AppParts, PATHS } from './app-parts.ts';

const proofSchema = z.object({
  backupId: z.string(),
  /** Why it cannot be restored; null where it was, for a look. */
  problem: z.string().nullable(),
  /** Other places that do not have it, with the reason. */
  missingAt: z.array(z.object({ place: z.string(), error: z.string() })),
});

/** What became of the last backup after it was made: whether it can be restored, and where it is missing. */
export type BackupProof = z.infer<typeof proofSchema>;

const fileOf = ({ dataDir }: Pick<AppParts, 'dataDir'>): string => join(dataDir, PATHS.backups, 'proof.json');

export const writeProof = (parts: Pick<AppParts, 'dataDir'>, proof: BackupProof): Promise<void> =>
  writeFileAtomic(fileOf(parts), `${JSON.stringify(proof)}\n`);

/** Nothing where none was written yet, as by earlier versions; one that cannot be read proves no backup. */
export async function readProof(parts: Pick<AppParts, 'dataDir'>): Promise<BackupProof | undefined> {
  try {
    return proofSchema.parse(JSON.parse(await readFile(fileOf(parts), 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    return { backupId: '', problem: null, missingAt: [] };
  }
}

/** Why a backup is less than it should be; nothing where it can be restored and is everywhere. */
export function whyNotProven(backupId: string, proof: BackupProof | undefined): string | undefined {
  if (proof === undefined) return undefined;
  if (proof.backupId !== backupId) return `${backupId} was not looked at after it was made`;
  if (proof.problem !== null) return `${backupId} cannot be restored: ${proof.problem}`;
  return proof.missingAt.map(({ error }) => error).join('; ') || undefined;
}
