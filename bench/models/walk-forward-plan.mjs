// The plan of the peers' walk_forward.py on the same daily data: 45 features, labels, and which rows each retrain sees.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const NAN = Number.NaN;

function readColumns(file, names) {
  const [header, ...lines] = readFileSync(file, 'utf8').trim().split('\n');
  const at = names.map((name) => header.trim().split(',').indexOf(name));
  if (at.includes(-1)) throw new Error(`${file} lacks one of the columns ${names.join(', ')}`);
  return new Map(
    lines.map((line) => {
      const cells = line.trim().split(',');
      return [cells[0], at.map((column) => (cells[column] === '' ? NAN : Number(cells[column])))];
    }),
  );
}

const lag = (values, k) => values.map((_, i) => (i < k ? NAN : values[i - k]));
const diff = (values, k) => values.map((value, i) => (i < k ? NAN : value - values[i - k]));
const rolling = (values, k, of) => values.map((_, i) => (i + 1 < k ? NAN : of(values.slice(i + 1 - k, i + 1))));
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
function deviation(values) {
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
}

/** Exponentially weighted mean from the first known value on, weights normalised (pandas' `adjust=True`). */
function ewm(values, alpha) {
  let [sum, weight] = [0, 0];
  return values.map((value) => {
    if (Number.isNaN(value)) return weight > 0 ? sum / weight : NAN;
    sum = sum * (1 - alpha) + value;
    weight = weight * (1 - alpha) + 1;
    return sum / weight;
  });
}

function features(dates, [, high, low, close, volume], chain, mood) {
  const logClose = close.map(Math.log);
  const r = diff(logClose, 1);
  const columns = [1, 2, 3, 5, 7, 14, 21, 30].map((k) => diff(logClose, k));
  for (const k of [5, 10, 20, 50, 100]) {
    const average = rolling(close, k, mean);
    columns.push(
      close.map((value, i) => value / average[i] - 1),
      rolling(r, k, deviation),
    );
  }
  for (const k of [7, 14, 28]) {
    const up = ewm(
      r.map((x) => Math.max(x, 0)),
      1 / k,
    );
    const down = ewm(
      r.map((x) => -Math.min(x, 0)),
      1 / k,
    );
    columns.push(up.map((value, i) => 100 - 100 / (1 + value / down[i])));
  }
  for (const k of [7, 14])
    columns.push(
      rolling(
        close.map((value, i) => (high[i] - low[i]) / value),
        k,
        mean,
      ),
    );
  const [fast, slow] = [ewm(close, 2 / 13), ewm(close, 2 / 27)];
  const macd = fast.map((value, i) => value - slow[i]);
  const signal = ewm(macd, 2 / 10);
  columns.push(
    macd.map((value, i) => value / close[i]),
    signal.map((value, i) => value / close[i]),
  );
  const [usual, spread] = [rolling(volume, 30, mean), rolling(volume, 30, deviation)];
  columns.push(volume.map((value, i) => (value - usual[i]) / spread[i]));
  for (const values of chain)
    for (const k of [1, 7, 30])
      columns.push(
        diff(
          lag(
            values.map((value) => Math.log1p(value)),
            1,
          ),
          k,
        ),
      );
  columns.push(mood, ...[1, 7, 30].map((k) => diff(mood, k)));
  for (const k of [1, 2, 3, 4, 5]) columns.push(lag(r, k));
  columns.push(dates.map((date) => (new Date(date).getUTCDay() + 6) % 7));
  return { columns, returns: r, logClose };
}

/** Reads the recorded days. Returns rows (row-major `data`, `labels`) from the 111th day to the last with a known label. */
export function walkForwardPlan(folder) {
  const price = readColumns(join(folder, 'eth_usd_daily_yahoo_2017-2025.csv'), ['open', 'high', 'low', 'close', 'volume']);
  const chainRows = readColumns(join(folder, 'eth_onchain_daily_etherscan_2015-2025.csv'), [
    'tx_count',
    'gas_used',
    'avg_gas_price_wei',
  ]);
  const moodRows = readColumns(join(folder, 'crypto_fear_greed_daily_2018-2025.csv'), ['value']);
  const dates = [...price.keys()];
  const pick = (rows, column) => dates.map((date) => rows.get(date)?.[column] ?? NAN);
  const chain = [0, 1, 2].map((column) => pick(chainRows, column));
  const made = features(
    dates,
    [0, 1, 2, 3, 4].map((column) => pick(price, column)),
    chain,
    pick(moodRows, 0),
  );
  const band = rolling(made.returns, 30, deviation).map((value) => 0.5 * value);
  const forward = made.logClose.map((value, i) => (made.logClose[i + 1] ?? NAN) - value);
  const kept = dates.map((_, i) => i).filter((i) => i >= 110 && !Number.isNaN(forward[i]));
  const width = made.columns.length;
  const data = new Float64Array(kept.length * width);
  kept.forEach((day, row) => {
    made.columns.forEach((column, k) => {
      data[row * width + k] = Number.isFinite(column[day]) ? column[day] : NAN;
    });
  });
  const labels = Uint8Array.from(kept, (day) => (forward[day] > band[day] ? 0 : forward[day] < -band[day] ? 1 : 2));
  return { data, labels, rows: kept.length, columns: width };
}

/** First predicted row of each retrain: every seventh, `wanted` of them evenly spread (all where 0). */
export function retrainStarts(rows, wanted) {
  const all = Array.from({ length: Math.ceil((rows - 7 - 365) / 7) }, (_, i) => 365 + 7 * i);
  if (wanted === 0) return { starts: all, of: all.length };
  const last = all.length - 1;
  return {
    starts: Array.from({ length: wanted }, (_, i) => all[Math.floor((last * i) / Math.max(1, wanted - 1))]),
    of: all.length,
  };
}
