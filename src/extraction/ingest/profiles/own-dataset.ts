import { ConfigError, DataError, findDataset, type PublicationKind } from '../../../domain/index.ts';
import { isMissingText, parseNumberText } from '../parse-number.ts';
import { type FileShape, normalizeName, type Profile, TIME_COLUMNS } from './profile.ts';

const NAME = /^[a-z][a-z0-9_]{0,62}$/;
/** A column counts as numbers when at most one in ten of its filled cells is none. */
const MIN_NUMERIC_SHARE = 0.9;
const SAMPLE_ROWS = 2_000;

/** Publication lag of rows that a user brings for a built-in dataset: the latest one that a source of it has. */
const PUBLICATION_OF: Readonly<Record<string, PublicationKind>> = {
  price_data: 'exchange_candle',
  whale_data: 'whale_flow',
  validator_data: 'validator_queue_daily',
  blockchain_data: 'chain_daily_report',
  sentiment_data: 'custom',
};

/**
 * A table nobody knows, for the dataset that the user names: a built-in one takes the columns that bear its names, one of
 * the user's own takes all numeric columns. @throws ConfigError for a name that cannot be a dataset's
 */
export function ownDatasetProfile(shape: FileShape, dataset: string): Profile {
  if (!NAME.test(dataset)) {
    throw new ConfigError('ingest.dataset_name', `"${dataset}" cannot be the name of a dataset`, {
      hint: 'Use lower-case letters, digits and underscores, beginning with a letter.',
    });
  }
  const definition = findDataset(dataset);
  const time = timeColumn(shape);
  const columns = definition
    ? definition.columns
        .filter((column) => column.type === 'number' && shape.names.includes(column.name))
        .map(({ name }) => ({ from: name, to: name }))
    : (declaredColumns(shape) ??
      numericColumns(shape, time).map((column) => ({ from: shape.names[column]!, to: shape.table.names[column]! })));
  if (columns.length === 0) {
    throw new DataError('ingest.columns_unknown', `no column of ${shape.path} can be stored in ${dataset}`, {
      hint: definition
        ? `Name them as the dataset does: ${definition.columns.map((column) => column.name).join(', ')}`
        : 'It has no numeric column.',
      details: { columns: shape.table.names },
    });
  }
  return {
    name: 'own table',
    time: time === undefined ? TIME_COLUMNS : [time],
    interval: 'inferred',
    targets: [
      {
        dataset,
        source: shape.options.venue ?? 'user',
        subject: dataset,
        publication: PUBLICATION_OF[dataset] ?? 'custom',
        columns,
        ...(dataset === 'price_data' && {
          volumeUnit: shape.options.volumeUnit ?? 'unknown',
          quote: 'unknown' as const,
          required: ['close'],
        }),
      },
    ],
  };
}

/** @throws ConfigError `ingest.column_missing` where a declared column is not there */
function declaredColumns({ options, names, path, table }: FileShape): { from: string; to: string }[] | undefined {
  if (options.rename === undefined) return undefined;
  return Object.entries(options.rename).map(([to, name]) => {
    const from = normalizeName(name);
    if (names.includes(from)) return { from, to };
    throw new ConfigError('ingest.column_missing', `${path} has no column "${name}": ${table.names.join(', ')}`, {
      hint: `Correct what is declared for ${to}.`,
    });
  });
}

/** Name of the time column: as the user says, or one of the usual names. */
function timeColumn({ names, options }: FileShape): string | undefined {
  if (options.timeColumn !== undefined) return normalizeName(options.timeColumn);
  return TIME_COLUMNS.find((name) => names.includes(name));
}

function numericColumns({ table, names }: FileShape, time: string | undefined): number[] {
  const rows = Math.min(table.rows, SAMPLE_ROWS);
  return [...names.keys()].filter((column) => {
    if (names[column] === time) return false;
    let filled = 0;
    let numeric = 0;
    for (let row = 0; row < rows; row += 1) {
      const text = table.text(column, row);
      if (isMissingText(text)) continue;
      filled += 1;
      if (Number.isFinite(parseNumberText(text))) numeric += 1;
    }
    return filled > 0 && numeric >= filled * MIN_NUMERIC_SHARE;
  });
}
