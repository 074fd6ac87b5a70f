import { count, day, minute } from '../format.ts';
import { html, type Markup } from '../html.ts';
import { paragraph, section, table } from '../page-parts.ts';
import type { ReportData } from '../report-data.ts';

/** The series that were used. */
export const dataUsed = ({ simulated, data }: ReportData): Markup =>
  section(
    'Data used',
    table({
      simulated,
      caption: 'Series, UTC',
      columns: ['Series', '>Rows', 'First', 'Last'],
      rows: data.map((x) => [
        x.series,
        count(x.rows),
        { text: day(x.firstMs), kind: 'nowrap' },
        { text: day(x.lastMs), kind: 'nowrap' },
      ]),
    }),
  );

/** The command and settings that make the same report again. */
export function howMade({ simulated, command, settings, madeAtMs, periodStartMs, periodEndMs }: ReportData): Markup {
  const rows = [
    ['First decision', minute(periodStartMs)],
    ['Last decision', minute(periodEndMs)],
    ...settings.map(([name, value]) => [name, value]),
  ];
  return section(
    'How it was made',
    html`<pre><code>${command}</code></pre>
`,
    table({ simulated, caption: 'Settings', columns: ['Setting', 'Value'], rows }),
    paragraph(
      `${madeAtMs === undefined ? '' : `Made ${minute(madeAtMs)} UTC. `}The same command over the same data gives the same figures.`,
      'small',
    ),
  );
}
