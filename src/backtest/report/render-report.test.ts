import { describe, expect, it } from 'vitest';
import { renderReport } from './render-report.ts';
import { sampleReport } from './sample-report.fixture.ts';

describe('renderReport', () => {
  it('is one page that needs nothing else: no script, no request, a chart inside', async () => {
    const page = await renderReport(sampleReport(200));
    expect(page).toContain('<svg');
    expect(page).not.toMatch(/<script|\ssrc=|href="http|url\(/i);
  });

  it('says SIMULATED in its title exactly where the run was', async () => {
    const title = (page: string) => /<title>(.*?)<\/title>/.exec(page)?.[1];
    expect(title(await renderReport(sampleReport(30, { simulated: true })))).toContain('SIMULATED');
    expect(title(await renderReport(sampleReport(30, { simulated: false })))).not.toContain('SIMULATED');
  });

  it('escapes text it is given', async () => {
    const page = await renderReport(sampleReport(30, { title: '<img src=x onerror=alert(1)>' }));
    expect(page).not.toContain('<img');
    expect(page).toContain('&lt;img');
  });

  it.each([1, 2, 20, 2_000])('draws a run of %i days without a number that is none', async (days) => {
    const page = await renderReport(sampleReport(days));
    expect(page).not.toMatch(/NaN|Infinity|undefined/);
  });
});
