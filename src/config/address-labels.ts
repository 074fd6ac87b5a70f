import { existsSync, readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { ConfigError } from '../domain/index.ts';
import { toProblems } from './problems.ts';

const fileSchema = z.strictObject({
  labels: z.array(
    z.strictObject({
      address: z.string().regex(/^0x[0-9a-fA-F]{40}$/, 'expected 0x and 40 hex digits'),
      owner: z.string().min(1),
      kind: z.enum(['exchange', 'contract', 'other']),
      known_since: z.iso.date().describe('Day by which the label was public; before it the label is not used'),
    }),
  ),
});

/** One label of the user's. */
export interface OwnAddressLabel {
  readonly address: string;
  readonly owner: string;
  readonly kind: 'exchange' | 'contract' | 'other';
  readonly knownSinceMs: number;
}

/**
 * The user's own labels of addresses; none where there is no file.
 * @throws ConfigError `config.address_labels` that names the place
 */
export function readAddressLabels(file: string): OwnAddressLabel[] {
  if (!existsSync(file)) return [];
  const fail = (problem: string, cause?: unknown) =>
    new ConfigError('config.address_labels', `${file}: ${problem}`, {
      hint: 'Each entry of `labels` has address, owner, kind (exchange, contract or other) and known_since (a day).',
      cause,
    });
  let content: unknown;
  try {
    content = parseYaml(readFileSync(file, 'utf8'), { schema: 'core' });
  } catch (cause) {
    throw fail('not readable YAML', cause);
  }
  const parsed = fileSchema.safeParse(content);
  if (!parsed.success) {
    const [problem] = toProblems(parsed.error, ['labels', 'address', 'owner', 'kind', 'known_since']);
    throw fail(`${problem!.path}: ${problem!.message}`);
  }
  return parsed.data.labels.map(({ known_since, ...label }) => ({ ...label, knownSinceMs: Date.parse(known_since) }));
}
