// Known vulnerabilities of what is installed for running, less those of audit-allow.json whose time has not passed.
//   node scripts/audit.mjs     exit 1 where one is left, 77 where the registry does not answer the question
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { judgeAudit } from './judge-audit.mjs';

const allowed = JSON.parse(readFileSync(new URL('audit-allow.json', import.meta.url), 'utf8'));
const { stdout } = spawnSync('npm', ['audit', '--json', '--omit=dev'], { encoding: 'utf8', maxBuffer: 1 << 26 });
const report = stdout.startsWith('{') ? JSON.parse(stdout) : {};
if (report.vulnerabilities === undefined) {
  process.stdout.write('skipped: the registry at hand does not say what is vulnerable\n');
  process.exit(77);
}
const { problems, stale } = judgeAudit(report, allowed, Date.now());
for (const { id, name, severity, title } of problems) process.stdout.write(`${severity}: ${name} ${id}: ${title}\n`);
for (const id of stale) process.stdout.write(`audit-allow.json: ${id} is not reported any more; remove it\n`);
process.stdout.write(`${problems.length} vulnerabilities that nothing allows\n`);
process.exit(problems.length > 0 || stale.length > 0 ? 1 : 0);
