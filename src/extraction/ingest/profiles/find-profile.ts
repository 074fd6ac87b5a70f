import { DataError, isBuiltInDataset } from '../../../domain/index.ts';
import { areCandles, candleProfile } from './candles.ts';
import { CHAIN_PROFILES } from './chain.ts';
import { etherscanChartProfile, isEtherscanChart } from './etherscan-charts.ts';
import { FLOW_PROFILES } from './flows.ts';
import { ownDatasetProfile } from './own-dataset.ts';
import type { FileShape, KnownProfile, Profile } from './profile.ts';
import { SENTIMENT_PROFILES } from './sentiment.ts';
import { SNAPSHOT_PROFILES } from './snapshots.ts';
import { STAKING_PROFILES } from './staking.ts';

/** Files with fixed columns, most special first. */
const KNOWN_PROFILES: readonly KnownProfile[] = [
  ...CHAIN_PROFILES,
  ...STAKING_PROFILES,
  ...FLOW_PROFILES,
  ...SENTIMENT_PROFILES,
  ...SNAPSHOT_PROFILES,
];

/**
 * How to read a file, by its columns, its name and what the user said.
 * @throws DataError `ingest.dataset_unknown` where nothing tells, `ingest.dataset_mismatch` where the user says otherwise
 */
export function findProfile(shape: FileShape): Profile {
  const { dataset } = shape.options;
  const own = dataset !== undefined && !isBuiltInDataset(dataset);
  const known = own ? undefined : recognise(shape);
  if (known === undefined) {
    if (dataset !== undefined) return ownDatasetProfile(shape, dataset);
    throw new DataError(
      'ingest.dataset_unknown',
      `${shape.path} has columns that no known source writes: ${shape.table.names.join(', ')}`,
      {
        hint: 'Say what it is: --dataset NAME (one of the five, or a name of your own for all its numeric columns).',
        details: { columns: shape.table.names },
      },
    );
  }
  if (dataset === undefined) return known;
  const targets = known.targets.filter((target) => target.dataset === dataset);
  if (targets.length > 0) return { ...known, targets };
  throw new DataError(
    'ingest.dataset_mismatch',
    `${shape.path} is ${known.name}, which is ${known.targets[0]!.dataset}, not ${dataset}`,
    {
      hint: 'Leave --dataset away, or keep the table as a dataset of your own under another name.',
    },
  );
}

function recognise(shape: FileShape): Profile | undefined {
  const fixed = KNOWN_PROFILES.find((profile) => profile.needs.every((name) => shape.names.includes(name)));
  if (fixed) return fixed;
  if (areCandles(shape)) return candleProfile(shape);
  return isEtherscanChart(shape) ? etherscanChartProfile(shape) : undefined;
}
