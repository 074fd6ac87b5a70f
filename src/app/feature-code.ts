import { featureCodeHash } from '../features/index.ts';

/**
 * What somebody should know of a model whose features were computed by other code than this program's; nothing where it is
 * the same, or where this process trained it.
 */
export function featureCodeWarning(trainedWith: string | undefined): string | undefined {
  const own = featureCodeHash();
  if (trainedWith === undefined || trainedWith === own) return undefined;
  const [theirs, ours] = [trainedWith, own].map((hash) => hash.slice(0, 12));
  return `it was trained on features of other code (${theirs}) than this program's (${ours})`;
}
