import { configSections } from '../config/index.ts';
import { metricsTable } from '../monitoring/index.ts';
import { markdownTable, withGenerated } from './markdown.ts';

export interface GeneratedPart {
  readonly path: string;
  readonly part: () => string;
}

const PARTS: readonly GeneratedPart[] = [
  { path: 'docs/metrics.md', part: () => markdownTable(metricsTable()) },
  {
    path: 'docs/configuration.md',
    part: () =>
      configSections()
        .map(({ path, rows }) => `## ${path === '' ? 'Outside of any section' : `\`${path}\``}\n\n${markdownTable(rows)}`)
        .join('\n\n'),
  },
];

/**
 * Documents that have a generated part, as they should be.
 * @param read the document as it is
 * @param more parts that are made elsewhere
 */
export const generatedDocs = (
  read: (path: string) => string,
  more: readonly GeneratedPart[] = [],
): { readonly path: string; readonly text: string }[] =>
  [...PARTS, ...more].map(({ path, part }) => ({ path, text: withGenerated(read(path), part()) }));
