import { metricsTable } from '../monitoring/index.ts';
import { markdownTable, withGenerated } from './markdown.ts';

const PARTS: readonly { readonly path: string; readonly part: () => string }[] = [
  { path: 'docs/metrics.md', part: () => markdownTable(metricsTable()) },
];

/** Documents that have a generated part, as they should be. @param read the document as it is */
export const generatedDocs = (read: (path: string) => string): { readonly path: string; readonly text: string }[] =>
  PARTS.map(({ path, part }) => ({ path, text: withGenerated(read(path), part()) }));
