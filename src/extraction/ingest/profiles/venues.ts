import { DataError, type PublicationKind, type VolumeUnit } from '../../../domain/index.ts';
import type { FileShape } from './profile.ts';

/** Who quoted a price, and what is so for all of its files. */
export interface Venue {
  readonly name: string;
  readonly volumeUnit: VolumeUnit;
  /** What stands between the two halves of a pair. */
  readonly separator: '' | '-';
  readonly publication: PublicationKind;
}

const exchange = (name: string, separator: '' | '-' = ''): Venue => ({
  name,
  volumeUnit: 'eth',
  separator,
  publication: 'exchange_candle',
});

/** Exchanges count volume in the base currency; sites that sum over exchanges count dollars. */
const VENUES: readonly Venue[] = [
  exchange('binance'),
  exchange('binanceus'),
  exchange('gemini'),
  exchange('kraken'),
  exchange('bitstamp'),
  exchange('bitfinex'),
  exchange('bybit'),
  exchange('coinbase', '-'),
  exchange('okx', '-'),
  exchange('kucoin', '-'),
  { name: 'yahoo', volumeUnit: 'usd', separator: '-', publication: 'yahoo_daily' },
  { name: 'coinmarketcap', volumeUnit: 'usd', separator: '-', publication: 'exchange_candle' },
];

const UNKNOWN_VENUE: Venue = { name: 'unknown', volumeUnit: 'unknown', separator: '', publication: 'exchange_candle' };

const wordsOf = (stem: string) => stem.split(/[^a-z0-9]+/);

/** The venue: said by a flag, by the file's name, or by a form that only one venue writes. */
export function findVenue({ options, stem, names }: FileShape): Venue {
  if (options.venue !== undefined) {
    const said = options.venue.toLowerCase();
    return VENUES.find((venue) => venue.name === said) ?? { ...UNKNOWN_VENUE, name: said };
  }
  const words = wordsOf(stem);
  const named = VENUES.filter((venue) => words.includes(venue.name));
  if (named.length === 1) return named[0]!;
  if (names.includes('taker_buy_volume') || names.includes('taker_buy_base_asset_volume')) return VENUES[0]!;
  return names.includes('adj_close') ? VENUES.find((venue) => venue.name === 'yahoo')! : UNKNOWN_VENUE;
}

/** Two halves of a pair; `quote` is undefined where only the coin is known. */
export interface Pair {
  readonly base: string;
  readonly quote: string | undefined;
  /** The column that names the pair of each row and what it says for this one, where there is such a column. */
  readonly column?: { readonly name: string; readonly text: string };
}

const QUOTES = 'USDT|USDC|BUSD|FDUSD|TUSD|DAI|USD|EUR|GBP|JPY|TRY|KRW|BTC';
const PAIR = new RegExp(`^([A-Z0-9]{2,10}?)[-_/ ]?(${QUOTES})$`);
const ETHER_PAIR = new RegExp(`(?:^|[^a-z])(?:weth|eth|ethereum|ether)[-_]?(${QUOTES.toLowerCase()})?(?![a-z])`);
const OTHER_COINS =
  /(?:^|[^a-z])(btc|xbt|bitcoin|sol|xrp|ada|bnb|doge|ltc|dot|link|avax|matic|trx|bch|etc|uni|atom|xlm|shib|ton|near)(?:[-_]?(?:usd[tc]?|busd|eur))?(?![a-z])/;
const DOLLARS = new Set(['USD', 'USDT', 'USDC', 'BUSD', 'FDUSD', 'TUSD', 'DAI']);

/** `ETHUSDT`, `ETH/USD`, `ETH` taken apart. */
function parsePair(text: string): Pair {
  const part = PAIR.exec(text.trim().toUpperCase());
  return part ? { base: part[1]!, quote: part[2] } : { base: text.trim().toUpperCase(), quote: undefined };
}

function symbolColumn({ table, names }: FileShape): number {
  const column = names.findIndex((name) => name === 'symbol' || name === 'pair' || name === 'ticker');
  return table.rows > 0 ? column : -1;
}

/**
 * The pair of a price file: by flag, by a symbol column, by the file's name; ether in an unknown currency where none says.
 * @throws DataError where it is another coin, or not quoted in dollars
 */
export function findPair(shape: FileShape): Pair {
  const pair = sayPair(shape);
  const hint = 'price_data holds Ether in dollars. Keep other prices as a dataset of their own: --dataset NAME';
  if (!isEther(pair)) {
    throw new DataError('ingest.not_ether', `${shape.path} holds prices of ${pair.base}, not of ETH`, { hint });
  }
  if (pair.quote !== undefined && !DOLLARS.has(pair.quote)) {
    throw new DataError('ingest.not_dollars', `${shape.path} holds prices in ${pair.quote}, not in dollars`, { hint });
  }
  return { ...pair, base: 'ETH' };
}

function sayPair(shape: FileShape): Pair {
  if (shape.options.symbol !== undefined) return parsePair(shape.options.symbol);
  const written = writtenPair(shape);
  if (written) return written;
  const ether = ETHER_PAIR.exec(shape.stem);
  if (ether) return { base: 'ETH', quote: ether[1]?.toUpperCase() };
  const other = OTHER_COINS.exec(shape.stem);
  return other ? { base: other[1]!.toUpperCase(), quote: undefined } : { base: 'ETH', quote: undefined };
}

/** The pair that a symbol column names: that of Ether where it names several. */
function writtenPair(shape: FileShape): Pair | undefined {
  const column = symbolColumn(shape);
  if (column < 0) return undefined;
  const name = shape.names[column]!;
  let first: Pair | undefined;
  const seen = new Set<string>();
  for (let row = 0; row < shape.table.rows; row += 1) {
    const text = shape.table.text(column, row);
    if (text === '' || seen.has(text)) continue;
    seen.add(text);
    const pair = { ...parsePair(text), column: { name, text } };
    if (isEther(pair)) return pair;
    first ??= pair;
  }
  return first;
}

const ETHER_NAMES = new Set(['ETH', 'WETH', 'ETHER', 'ETHEREUM']);
const isEther = ({ base }: Pair) => ETHER_NAMES.has(base);
