import type { z } from 'zod';

/** One thing wrong with a configuration: where, and what was expected. */
export interface ConfigProblem {
  readonly path: string;
  readonly message: string;
}

/** Zod's issues as paths and sentences; unknown keys come with the nearest known one. */
export function toProblems(error: z.ZodError, knownKeys: readonly string[]): ConfigProblem[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.join('.');
    if (issue.code !== 'unrecognized_keys') return [{ path: path || '(root)', message: issue.message }];
    return issue.keys.map((key) => {
      const near = nearest(key, knownKeys);
      return { path: path ? `${path}.${key}` : key, message: `unknown key${near ? `; did you mean "${near}"?` : ''}` };
    });
  });
}

/** The candidate within a third of its length in edits of `word`, or undefined. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates.map((candidate) => ({ candidate, edits: editDistance(word.toLowerCase(), candidate.toLowerCase()) }));
  ranked.sort((a, b) => a.edits - b.edits);
  const [best] = ranked;
  return best && best.edits <= Math.max(1, Math.floor(best.candidate.length / 3)) ? best.candidate : undefined;
}

/** Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length]!;
}
