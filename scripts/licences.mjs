// Writes docs/licences.md: what is installed for running, and under which licences.
import { readFileSync, writeFileSync } from 'node:fs';
import { licenceDocument, licencesOf } from './licence-list.mjs';

const root = new URL('..', import.meta.url);
const lock = JSON.parse(readFileSync(new URL('package-lock.json', root), 'utf8'));
writeFileSync(new URL('docs/licences.md', root), licenceDocument(licencesOf(lock)));
process.stdout.write('docs/licences.md\n');
