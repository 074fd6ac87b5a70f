import { z } from 'zod';
import { checkFutures, futures } from './futures-schema.ts';
import { gate, model } from './model-schema.ts';
import { risk, sizing } from './risk-schema.ts';
import { count, decimalText, fraction, section } from './schema-parts.ts';
import { backup, retention, schedule } from './upkeep-schema.ts';

const strategy = section({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,31}$/, 'expected 1 to 32 of a-z 0-9 _ -')
    .default('main')
    .describe('Name of this strategy instance; part of every decision id'),
  symbol: z.literal('ETHUSDT').default('ETHUSDT').describe('What is traded'),
  decisionHourUtc: count(0, 23).default(23).describe('Hour of the daily decision'),
  confidenceThreshold: fraction(1 / 3, 1)
    .default(0.45)
    .describe('Below this confidence a prediction counts as HOLD'),
  targetExposure: fraction(0, 5)
    .default(0.5)
    .describe('Share of equity in Ether after a BUY; above 1 with futures.leverage alone'),
  rebalanceBand: fraction(0, 0.5).default(0.05).describe('No order for a change of exposure smaller than this share of equity'),
  maxHoldingHours: z
    .number()
    .positive()
    .max(8760)
    .optional()
    .describe('Time exit after the last BUY; the label horizon when absent'),
  sizing,
  stopLoss: fraction(0.001, 0.99).default(0.08).describe('Exit when the price falls this far below the entry'),
  takeProfit: fraction(0.001, 10).default(0.16).describe('Exit when the price rises this far above the entry'),
  trailingStop: fraction(0.001, 0.99).optional().describe('Exit when the price falls this far below its highest since entry'),
});

const label = section({
  horizonHours: count(1, 168).default(24).describe('How far ahead the model looks'),
  bandK: fraction(0, 5).default(0.5).describe('HOLD band as a multiple of the known volatility; never below the round-trip cost'),
});

const costs = section({
  feeBps: fraction(0, 500).default(10).describe('Fee per side'),
  slippageBps: fraction(0, 500).default(5).describe('Slippage per side, paper and backtest'),
});

const price = section({
  canonical: z.string().min(1).default('auto').describe('auto, or the name of a series such as binance:ETHUSDT:1h'),
  secondSource: z
    .string()
    .min(1)
    .optional()
    .describe('Another stored series, such as yahoo:ETH-USD:1h, whose last close has to be near the price to trade at'),
});

const exchange = section({
  venue: z
    .enum(['binance', 'kraken', 'coinbase'])
    .default('binance')
    .describe('Where real orders would go; real money goes to binance alone so far, the others are refused in live'),
  testnet: z
    .boolean()
    .default(false)
    .describe("In live: orders go to the exchange's testnet, with a key from there and no real money; prices stay the real ones"),
  requestTimeoutS: z.number().positive().max(60).default(10),
  recvWindowMs: count(1, 60_000).default(5_000).describe('How long after its timestamp the exchange may accept a request'),
  unfilledTimeoutS: count(10, 86_400).default(300).describe('An order open for longer is cancelled and its rest ordered anew'),
  maxAttempts: count(1, 20).default(3).describe('Orders for one decision, the first included'),
  orderType: z
    .enum(['market', 'limit', 'post_only'])
    .default('market')
    .describe('How decisions are ordered at an exchange; stops, targets and the last attempt of a sale are market orders'),
  limitOffsetBps: z
    .number()
    .min(-500)
    .max(500)
    .default(0)
    .describe('Distance of a limit from the middle price; positive fills sooner'),
  reconcileEveryMinutes: count(1, 1440)
    .default(60)
    .describe('The daemon compares orders and balances with the exchange this often'),
  foreignOrders: z
    .enum(['show', 'halt', 'cancel', 'adopt'])
    .default('show')
    .describe('What happens to open orders on the symbol that are not ours; adopt goes on with them as its own'),
  protectOnExchange: z
    .enum(['auto', 'off'])
    .default('auto')
    .describe(
      'auto: stop and target of an open position rest at an exchange that takes such pairs; off: the price is watched here',
    ),
  emergencyExit: z
    .enum(['watch', 'sell'])
    .default('watch')
    .describe(
      'Where the exchange refuses pair after pair, or the price cannot be watched either: watch tells it and goes on trying; sell sells at the market',
    ),
  emergencyExitAfter: count(1, 20)
    .default(3)
    .describe('Pairs refused one after the other that count as an emergency; one that was refused is tried again after an hour'),
  userStream: z
    .boolean()
    .default(true)
    .describe('Whether `ets run` is told of fills by the WebSocket API of the exchange; what REST says counts'),
  unknownOrders: z
    .enum(['halt', 'cancel', 'adopt'])
    .default('halt')
    .describe('The same for orders of this making that the journal does not know, as after restoring an older one'),
  deniedAdoption: z
    .enum(['halt', 'cancel'])
    .default('halt')
    .describe(
      'What happens to a purchase that was to be adopted and that a risk rule denies: trading halts, or its rest is cancelled',
    ),
  allowWithdrawalKey: z.boolean().default(false).describe('Accept a key that may withdraw money'),
});

const extraction = section({
  requestTimeoutS: z.number().positive().max(600).default(10),
  sourceDayTimeoutS: z.number().positive().max(3600).default(60),
  dayTimeoutS: z.number().positive().max(3600).default(150),
  blockDepth: z
    .enum(['headers', 'sampled', 'full'])
    .default('headers')
    .describe('How much of each block is read: its header, one whole block in twenty, or every block whole'),
  traces: z.boolean().default(false).describe('The node has trace_block: Ether that contracts send on is seen too'),
  whaleMinValueUsd: z.number().min(0).default(500_000).describe('Transfers worth less are not kept; the free plan begins here'),
  whalePlanDays: count(0, 36_500)
    .default(30)
    .describe('Days back that the plan of Whale Alert serves; older ones come from the node'),
  addressLabels: z
    .string()
    .min(1)
    .default('config/address_labels.yaml')
    .describe('File with own labels of addresses, read where present; they go before the well-known ones'),
});

const streams = section({
  enabled: z.boolean().default(true).describe('Whether `ets run` listens to streams besides the daily extraction'),
  price: z.boolean().default(true).describe("The exchange's minutes and trades; the live price of stops and marks"),
  chain: z
    .boolean()
    .default(true)
    .describe('New blocks and large transfers; needs sources.ws and sources.rpc, and reads every block whole'),
  sentiment: z.boolean().default(true).describe('The index of fear and greed, asked for every hour'),
  silenceS: z.number().positive().max(3600).default(60).describe('A price stream without a message for so long is opened anew'),
  lagS: z.number().positive().max(3600).default(30).describe('So is one whose messages are so late'),
  stalePriceS: z.number().positive().max(3600).default(15).describe('An older live price is not used'),
  storeEveryS: z.number().positive().max(3600).default(60).describe('Rows wait so long to be stored together'),
  repairDays: z.number().positive().max(365).default(7).describe('Minutes missed for longer are not fetched any more'),
});

const server = section({
  enabled: z.boolean().default(true).describe('Whether `ets run` serves the API, the metrics and the status page'),
  host: z.string().min(1).default('127.0.0.1').describe('Anything but loopback needs ETS_API_TOKEN'),
  port: count(0, 65_535).default(8080).describe('0 takes any free port'),
  tlsCertFile: z.string().min(1).optional().describe('PEM certificate: with it and the key the API speaks HTTPS'),
  tlsKeyFile: z.string().min(1).optional().describe('PEM private key that belongs to the certificate'),
  requestsPerMinute: count(1, 1_000_000).default(600).describe('Requests per minute and address'),
});

const leastSeverity = z.enum(['info', 'warning', 'critical', 'none']);
const notifications = section({
  telegram: leastSeverity.default('warning').describe('Least severity that goes to Telegram; none switches it off'),
  discord: leastSeverity.default('warning'),
  slack: leastSeverity.default('warning'),
  email: leastSeverity.default('critical'),
  webhook: leastSeverity.default('info'),
  ntfy: leastSeverity.default('warning'),
  quietFromHourUtc: count(0, 23).optional().describe('From this hour only critical messages are sent; the others wait'),
  quietToHourUtc: count(0, 23).optional(),
  repeatAfterHours: fraction(0, 168).default(6).describe('The same alert is not sent again before'),
  escalateAfterHours: fraction(1, 720)
    .nullable()
    .default(24)
    .describe('A warning that comes again and again for so long becomes critical; null: never'),
  drawdownAlert: fraction(0.01, 1).default(0.15).describe('Equity this far below its highest is told as performance_degraded'),
  perHour: count(1, 1000).default(30).describe('Messages an hour on one channel; the others wait'),
});

const url = z.url({ protocol: /^(https?|wss?)$/ });
/** A list, or text with commas as an environment variable has it. */
const urlList = z
  .union([z.string(), z.array(z.string())])
  .transform((given) => (typeof given === 'string' ? given.split(',').map((one) => one.trim()) : given))
  .pipe(z.array(z.url({ protocol: /^https?$/ })).min(1));

const sources = section({
  yahoo: url.default('https://query2.finance.yahoo.com'),
  fearGreed: url.default('https://api.alternative.me'),
  binance: url.default('https://api.binance.com'),
  binanceUsdm: url.default('https://fapi.binance.com').describe('Of perpetuals, with futures.enabled'),
  binanceWs: url.default('wss://stream.binance.com:9443'),
  binanceWsApi: url.default('wss://ws-api.binance.com:443'),
  whaleAlert: url.default('https://api.whale-alert.io'),
  rpc: urlList.optional().describe('An Ethereum node, JSON-RPC over HTTP; of several the first that is well is asked'),
  ws: url.optional().describe('An Ethereum node, JSON-RPC over WebSocket'),
  beacon: url.optional().describe('A Beacon node, standard API'),
  beaconchain: url.optional().describe('https://beaconcha.in, asked where there is no Beacon node'),
  feeds: urlList.optional().describe('RSS, Atom or JSON feeds whose headlines are scored'),
});

const settings = z.strictObject({
  mode: z.enum(['paper', 'live']).default('paper').describe('live reaches a real exchange and needs confirmation besides'),
  capitalUsd: decimalText
    .default('10000')
    .describe('Capital that the system may use, in USDT, when its journal begins; `ets transfer` changes it later'),
  strategy,
  risk,
  label,
  costs,
  model,
  gate,
  schedule,
  backup,
  retention,
  price,
  exchange,
  futures,
  extraction,
  streams,
  server,
  notifications,
  sources,
});

/** The whole of `config/config.yaml`. Every key has a default or is optional, so an absent file is a valid one. */
export const configSchema = settings.superRefine((config, context) => {
  checkFutures(config, context);
  const { windowDays } = config.gate;
  const { trainDays, meta, passThrough } = config.model;
  if (meta === 'pool' && passThrough.length > 0) {
    context.addIssue({
      code: 'custom',
      path: ['model', 'passThrough'],
      message: 'expected none: a pool of probabilities takes no features; set model.meta to logistic, or pass none through',
    });
  }
  if (windowDays < trainDays) return;
  context.addIssue({
    code: 'custom',
    path: ['gate', 'windowDays'],
    message: `expected less than model.trainDays (${trainDays}): the gate scores the last days of the training window by training on those before them; lower gate.windowDays or raise model.trainDays`,
  });
});

export type Config = z.output<typeof configSchema>;
