import type { SeriesInfo, VolumeUnit } from '../../../domain/index.ts';
import { type ColumnMap, type FileShape, type Profile, TIME_COLUMNS } from './profile.ts';
import { findPair, findVenue, type Pair, type Venue } from './venues.ts';

const PRICES = ['open', 'high', 'low', 'close'] as const;

/** Volume columns whose name says what they count. */
const UNIT_OF_COLUMN: Readonly<Record<string, VolumeUnit>> = {
  volume_eth: 'eth',
  base_volume: 'eth',
  volume_base: 'eth',
  volume_usd: 'usd',
  volume_usdt: 'usd',
  quote_volume: 'usd',
  volume_quote: 'usd',
};

const IGNORED: Readonly<Record<string, string>> = {
  close_time: 'it follows from the open time',
  count: 'trades are not counted',
  tradecount: 'trades are not counted',
  taker_buy_volume: 'the side of the taker is not kept',
  taker_buy_quote_volume: 'the side of the taker is not kept',
  taker_buy_base_asset_volume: 'the side of the taker is not kept',
  taker_buy_quote_asset_volume: 'the side of the taker is not kept',
  quote_asset_volume: 'the volume is taken in ETH',
  number_of_trades: 'trades are not counted',
  ignore: 'it means nothing',
  symbol: 'it names the series',
  pair: 'it names the series',
  ticker: 'it names the series',
};

/** Whether the columns are those of candles. */
export const areCandles = ({ names }: FileShape): boolean => PRICES.every((name) => names.includes(name));

/** Candles of any venue: CryptoDataDownload, Binance klines, Yahoo and others, told apart by file name, columns or flags. */
export function candleProfile(shape: FileShape): Profile {
  const venue = findVenue(shape);
  const pair = findPair(shape);
  const volume = findVolume(shape, venue);
  const stored = new Set<string>([...PRICES, volume.column ?? '']);
  const otherVolumes = shape.names.filter((name) => name in UNIT_OF_COLUMN && !stored.has(name));
  return {
    name: `${venue.name} candles`,
    time: TIME_COLUMNS,
    interval: 'inferred',
    ...(pair.column && onlyPair(pair.column)),
    targets: [
      {
        dataset: 'price_data',
        source: venue.name,
        subject: subjectOf(venue, pair),
        publication: venue.publication,
        volumeUnit: volume.unit,
        quote: quoteOf(pair),
        columns: [...PRICES.map((name) => ({ from: name, to: name })), ...optionalColumns(shape, volume.column)],
      },
    ],
    ignored: {
      ...IGNORED,
      ...Object.fromEntries(otherVolumes.map((name) => [name, `the volume is taken from ${volume.column}`])),
      ...Object.fromEntries(TIME_COLUMNS.map((name) => [name, 'another column tells the time'])),
    },
    warnings: warningsOf(venue, pair, volume),
  };
}

/** Rows of other pairs in the same file are about something else. */
const onlyPair = ({ name, text }: { readonly name: string; readonly text: string }): Pick<Profile, 'keep' | 'skipReason'> => ({
  keep: (cell) => cell(name) === text || cell(name) === '',
  skipReason: `are not of ${text}`,
});

interface Volume {
  readonly column: string | undefined;
  readonly unit: VolumeUnit;
}

function findVolume({ names, options }: FileShape, venue: Venue): Volume {
  const named = (unit: VolumeUnit) => names.find((name) => UNIT_OF_COLUMN[name] === unit);
  const { volumeUnit: said } = options;
  if (said === 'eth' || said === 'usd') return { column: named(said) ?? names.find((name) => name === 'volume'), unit: said };
  const eth = named('eth');
  if (eth !== undefined) return { column: eth, unit: 'eth' };
  if (names.includes('volume')) return { column: 'volume', unit: said ?? venue.volumeUnit };
  const usd = named('usd');
  return usd === undefined ? { column: undefined, unit: 'unknown' } : { column: usd, unit: 'usd' };
}

function optionalColumns({ names }: FileShape, volume: string | undefined): ColumnMap[] {
  const cap = names.find((name) => name === 'market_cap' || name === 'marketcap' || name === 'market_cap_usd');
  return [
    ...(volume === undefined ? [] : [{ from: volume, to: 'volume' }]),
    ...(cap === undefined ? [] : [{ from: cap, to: 'market_cap_usd', zeroIsUnknown: true }]),
  ];
}

function subjectOf(venue: Venue, pair: Pair): string {
  if (pair.quote === undefined) return venue.name === 'yahoo' ? 'ETH-USD' : 'ETH';
  return `${pair.base}${venue.separator}${pair.quote}`;
}

const quoteOf = ({ quote }: Pair): NonNullable<SeriesInfo['quote']> => (quote === 'USD' || quote === 'USDT' ? quote : 'unknown');

function warningsOf(venue: Venue, pair: Pair, volume: Volume): string[] {
  const warnings: string[] = [];
  if (venue.name === 'unknown') warnings.push('nothing says who quoted these prices; --venue NAME settles it');
  if (volume.column === undefined) warnings.push('there is no volume column; features that need it will be missing');
  else if (volume.unit === 'unknown') warnings.push('nothing says what the volume counts; --volume-unit eth|usd settles it');
  if (pair.quote === undefined && venue.name !== 'yahoo') {
    warnings.push(
      'nothing says which pair this is; it is taken as ETH in an unknown dollar currency, --symbol ETHUSDT settles it',
    );
  }
  return warnings;
}
