// Writes the generated parts of docs/: `npm run docs`. Tests compare them with the same tables.
import { readFileSync, writeFileSync } from 'node:fs';
import { commandReference } from '../dist/cli/command-reference.js';
import { createProgram } from '../dist/cli/program.js';
import { generatedDocs } from '../dist/docs/generated-docs.js';

const read = (path) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const cli = { path: 'docs/cli.md', part: () => commandReference(createProgram()) };
for (const { path, text } of generatedDocs(read, [cli])) {
  writeFileSync(new URL(`../${path}`, import.meta.url), text);
  process.stdout.write(`${path}\n`);
}
