import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const { judgeAudit } = await import(new URL('../scripts/judge-audit.mjs', import.meta.url).href);
const { isAllowed, licenceDocument, licencesOf } = await import(new URL('../scripts/licence-list.mjs', import.meta.url).href);
type Listed = { readonly name: string; readonly licence: string };
const lock = JSON.parse(read('package-lock.json')) as {
  packages: Record<string, { integrity?: string; link?: boolean; optional?: boolean; os?: string[] }>;
};

describe('what is installed', () => {
  const listed: Listed[] = licencesOf(lock);

  it('is under licences that ask for nothing', () => {
    expect(listed.length).toBeGreaterThan(100);
    expect(listed.filter(({ licence }) => !isAllowed(licence)).map(({ name, licence }) => `${name}: ${licence}`)).toEqual([]);
    expect(isAllowed('(AFL-2.1 OR BSD-3-Clause)')).toBe(true);
    expect(isAllowed('MIT AND GPL-3.0-only')).toBe(false);
  });

  it('is listed in docs/licences.md as `npm run licences` writes it', () => {
    expect(read('docs/licences.md')).toBe(licenceDocument(listed));
  });

  it('is pinned by hash, but for packages of other platforms that the registry did not offer', () => {
    const unpinned = Object.entries(lock.packages).filter(
      ([path, { integrity, link, optional, os }]) => path !== '' && !link && !integrity && !(optional && os),
    );
    expect(unpinned.map(([path]) => path)).toEqual([]);
  });
});

describe('the audit', () => {
  const advisory = (id: string) => ({
    name: 'left',
    severity: 'high',
    title: 'breaks',
    url: `https://github.com/advisories/${id}`,
  });
  const report = { vulnerabilities: { left: { via: [advisory('GHSA-1'), 'right'] }, right: { via: [advisory('GHSA-2')] } } };
  const nowMs = Date.UTC(2026, 0, 1);
  const ids = (found: { problems: { id: string }[] }) => found.problems.map(({ id }) => id);

  it('lets through what is allowed and not over, and nothing else', () => {
    expect(ids(judgeAudit(report, [], nowMs))).toEqual(['GHSA-1', 'GHSA-2']);
    expect(ids(judgeAudit(report, [{ id: 'GHSA-1', reason: 'not used', until: '2026-02-01' }], nowMs))).toEqual(['GHSA-2']);
    expect(ids(judgeAudit(report, [{ id: 'GHSA-1', reason: 'not used', until: '2025-12-31' }], nowMs))).toEqual([
      'GHSA-1',
      'GHSA-2',
    ]);
  });

  it('asks for allowances to be removed that nothing needs', () => {
    expect(judgeAudit(report, [{ id: 'GHSA-9', reason: 'gone', until: '2026-02-01' }], nowMs).stale).toEqual(['GHSA-9']);
  });

  it('allows nothing without a reason and an end', () => {
    for (const one of JSON.parse(read('scripts/audit-allow.json')) as Record<string, string>[]) {
      expect(one.reason?.length).toBeGreaterThan(20);
      expect(Date.parse(one.until ?? '')).toBeGreaterThan(0);
    }
  });
});
