import { Command } from 'commander';
import { toIsoDay } from '../../domain/time.ts';
import { withAction } from '../command.ts';
import { table } from '../table.ts';

export const data = (): Command => {
  const command = new Command('data').description('what is stored: list, verdicts, quarantine, verify, export, compact');
  command.addCommand(
    withAction(new Command('list').description('series, rows, range, gaps and when rows become known'), async ({ openApp }) => {
      const datasets = await (await openApp()).listData();
      const rows = datasets.map((x) => [
        x.dataset,
        x.series,
        x.rows,
        toIsoDay(x.firstMs),
        toIsoDay(x.lastMs),
        x.gaps,
        x.ageHours,
        x.knownFrom,
      ]);
      return {
        json: { datasets },
        text: table(['dataset', 'series', 'rows', 'first', 'last', 'gaps', 'age h', 'known from'], rows),
      };
    }),
  );
  command.addCommand(
    withAction(new Command('quarantine').description('rejected rows and why'), async ({ openApp }) => {
      const rows = await (await openApp()).quarantined();
      return {
        json: { rows },
        text: table(
          ['dataset', 'reason', 'row'],
          rows.map((x) => [x.dataset, x.reason, x.row.slice(0, 80)]),
        ),
      };
    }),
  );
  command.addCommand(
    withAction(
      new Command('verdicts').description('good, suspect or missing, by dataset and day, and why'),
      async ({ openApp }) => {
        const days = await (await openApp()).dayVerdicts();
        const rows = days
          .filter(({ verdict, findings }) => verdict !== 'good' || findings.length > 0)
          .map((x) => [
            toIsoDay(x.dayMs),
            x.dataset,
            x.verdict,
            x.findings
              .map(({ message }) => message)
              .join('; ')
              .slice(0, 120),
          ]);
        const good = days.length - rows.length;
        return {
          json: { days },
          text: `${table(['day', 'dataset', 'verdict', 'findings'], rows)}\n${good} of ${days.length} are good without remark`,
        };
      },
    ),
  );
  command.addCommand(
    withAction(new Command('verify').description('checksums, order and keys of everything stored'), async ({ openApp }) => {
      const result = await (await openApp()).verifyData();
      const text = result.ok ? 'everything stored is intact' : result.problems.map((x) => `${x.table}: ${x.message}`).join('\n');
      return { json: result, text, exitCode: result.ok ? 0 : 3 };
    }),
  );
  command.addCommand(
    withAction(
      new Command('export')
        .description('write a dataset, or featured_data, to one plain file')
        .argument('<what>', 'price_data, ..., featured_data')
        .argument('<path>', 'a .parquet or .csv file'),
      async ({ openApp }, what = '', path = '') => {
        const result = await (await openApp()).exportData(what, path);
        return { json: result, text: `${result.rows} rows written to ${path}` };
      },
    ),
  );
  command.addCommand(
    withAction(new Command('compact').description('merge small partitions; every revision is kept'), async ({ openApp }) => {
      const result = await (await openApp()).compactData();
      return {
        json: { compacted: result },
        text: result.length === 0 ? 'nothing to compact' : `${result.length} series compacted`,
      };
    }),
  );
  return command;
};
