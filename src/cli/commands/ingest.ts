import { Command, Option } from 'commander';
import { toIsoDay } from '../../domain/time.ts';
import { withAction } from '../command.ts';
import { table } from '../table.ts';

interface Options {
  dataset?: string;
  venue?: string;
  symbol?: string;
  series?: string;
  interval?: string;
  volumeUnit?: 'eth' | 'usd';
  timeUnit?: (typeof TIME_UNITS)[number];
  timeColumn?: string;
  column?: string;
  columns?: string;
  delimiter?: string;
  table?: string;
}

const TIME_UNITS = ['s', 'ms', 'us', 'ns', 'iso', 'dmy', 'mdy'] as const;

export const ingest = (): Command =>
  withAction<Options>(
    new Command('ingest')
      .description('read CSV, JSON, NDJSON, Parquet, Arrow, SQLite, DuckDB files or SQL dumps into the data directory')
      .argument('<files...>', 'files to read; the options settle what a file cannot tell')
      .option('--dataset <name>', 'what the rows are; a name of your own makes a new dataset')
      .option('--venue <name>', 'where prices come from')
      .option('--symbol <name>', 'what was traded, such as ETHUSDT')
      .option('--series <name>', 'full name of the series, source:subject:interval')
      .option('--interval <interval>', 'spacing of the rows, such as 5m, 1h or 1d')
      .addOption(new Option('--volume-unit <unit>', 'what volume counts').choices(['eth', 'usd']))
      .addOption(new Option('--time-unit <unit>', 'unit of a numeric time, or order of day and month').choices([...TIME_UNITS]))
      .option('--time-column <name>', 'which column holds the time')
      .option('--column <name>', 'which column of the dataset a lone value is')
      .option('--columns <names>', 'names of the columns of a file without a header, separated by commas')
      .option('--delimiter <char>', 'what separates columns')
      .option('--table <name>', 'which table of a database or dump'),
    async ({ openApp, options }, ...files) => {
      const app = await openApp();
      const { dataset, venue, symbol, series, interval, volumeUnit, timeUnit, timeColumn, column, delimiter } = options;
      const { table: tableName } = options;
      const columns = options.columns?.split(',').map((name) => name.trim());
      const reports = await app.ingest(files, {
        dataset,
        venue,
        symbol,
        series,
        interval,
        volumeUnit,
        timeUnit,
        timeColumn,
        column,
        columns,
        delimiter,
        table: tableName,
      });
      const rows = reports.map((r) => [
        r.file,
        r.dataset,
        r.rows,
        r.stored,
        r.duplicates,
        r.quarantined,
        day(r.firstMs),
        day(r.lastMs),
      ]);
      const warnings = reports.flatMap((r) => r.warnings.map((warning) => `${r.file}: ${warning}`));
      const text = table(['file', 'dataset', 'rows', 'stored', 'duplicates', 'quarantined', 'first', 'last'], rows);
      return { json: { files: reports }, text: [text, ...warnings].join('\n') };
    },
  );

const day = (timeMs: number | null): string | null => (timeMs === null ? null : toIsoDay(timeMs));
