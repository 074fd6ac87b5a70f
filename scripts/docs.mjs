// Writes the generated parts of docs/: `npm run docs`. Tests compare them with the same tables.
import { readFileSync, writeFileSync } from 'node:fs';
import { generatedDocs } from '../dist/docs/generated-docs.js';

for (const { path, text } of generatedDocs((path) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8'))) {
  writeFileSync(new URL(`../${path}`, import.meta.url), text);
  process.stdout.write(`${path}\n`);
}
