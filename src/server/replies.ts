import { z } from 'zod';

/** Decimals travel as text, times as milliseconds since 1970 in UTC. */
const decimal = z.string().describe('A decimal number');
const timeMs = z.int().describe('Milliseconds since 1970, UTC');

const check = z.object({
  name: z.string(),
  status: z.enum(['ok', 'degraded', 'down']),
  detail: z.string(),
  remedy: z.string().nullable().describe('What to do where it is not well'),
  subject: z.string().optional().describe('What it is about, where a part can be unwell for several reasons'),
});

const job = z.object({
  job: z.string(),
  nextDueMs: timeMs,
  isRunning: z.boolean(),
  last: z
    .object({
      job: z.string(),
      dueMs: timeMs,
      endedMs: timeMs,
      durationMs: z.int(),
      outcome: z.enum(['done', 'failed', 'missed']),
      message: z.string().nullable(),
      phasesMs: z.record(z.string(), z.int()).optional(),
    })
    .nullable(),
});

const stream = z.looseObject({
  name: z.string(),
  state: z.enum(['connecting', 'up', 'down']),
  lastEventMs: timeMs.nullable(),
  messages: z.int(),
  invalid: z.int(),
  connections: z.int(),
});

const whereProtected = z.enum(['exchange', 'here']).nullable().describe('Who watches stop and target of what is held');

const status = z.object({
  simulated: z.boolean(),
  status: z.enum(['ok', 'degraded', 'down']),
  checks: z.array(check).readonly(),
  protectedAt: whereProtected,
  jobs: z.array(job).readonly(),
  streams: z.array(stream).readonly(),
});

const decision = z.object({
  decisionId: z.string(),
  decisionTimeMs: timeMs,
  modelId: z.string().nullable(),
  label: z.enum(['BUY', 'SELL', 'HOLD']),
  confidence: z.number().nullable(),
  probabilities: z.array(z.number()).readonly().nullable().describe('Of BUY, SELL and HOLD'),
  action: z.string(),
  reasons: z.array(z.string()).readonly(),
});

const order = z.object({
  clientOrderId: z.string(),
  venueOrderId: z.string().nullable(),
  decisionId: z.string(),
  leg: z.string(),
  listClientOrderId: z.string().nullable(),
  attempt: z.int(),
  side: z.enum(['buy', 'sell']),
  state: z.string(),
  quantity: decimal,
  filledQuantity: decimal,
  plannedAtMs: timeMs,
  message: z.string().nullable(),
});

const byAsset = z.record(z.string(), decimal).describe('Fees in the assets that they were charged in');
const unrealised = decimal.nullable().describe('Of what is held, at the mark; null where none is known');

const trade = z.object({
  tradeId: z.string(),
  decisionId: z.string(),
  modelId: z.string().nullable(),
  side: z.enum(['long', 'short']),
  quantityEth: decimal,
  entryTimeMs: timeMs,
  entryPriceUsd: decimal,
  exitTimeMs: timeMs.nullable(),
  exitPriceUsd: decimal.nullable(),
  feesUsd: decimal,
  fundingUsd: decimal.optional().describe('Received less paid; of a trade in a perpetual'),
  feesByAsset: byAsset,
  unvaluedFees: byAsset.optional(),
  pnlUsd: decimal,
  unrealisedPnlUsd: unrealised,
  reason: z.string(),
  mode: z.string(),
});

const position = z.object({
  eth: decimal,
  usd: decimal,
  protection: z.record(z.string(), z.unknown()).nullable(),
  protectedAt: whereProtected,
  markPriceUsd: decimal.nullable().describe('What one Ether was worth last'),
  unrealisedPnlUsd: unrealised,
  feesByAsset: byAsset,
});

const equityPoint = z.looseObject({ timeMs, equityUsd: z.number(), exposure: z.number() });

const model = z.looseObject({
  modelId: z.string(),
  createdMs: timeMs,
  trainedUntilMs: timeMs,
  current: z.boolean(),
  metrics: z.record(z.string(), z.number().nullable()),
});

const series = z.looseObject({
  dataset: z.string(),
  series: z.string(),
  rows: z.int(),
  firstMs: timeMs,
  lastMs: timeMs,
  gaps: z.int(),
  ageHours: z.number(),
});

const alert = z.object({ timeMs, name: z.string(), severity: z.enum(['warning', 'critical']), message: z.string() });

/** What each collection of the API answers: documents of the OpenAPI description and types of the client alike. */
export const REPLIES = {
  status,
  decisions: z.array(decision).readonly(),
  orders: z.array(order).readonly(),
  trades: z.array(trade).readonly(),
  positions: position,
  equity: z.array(equityPoint).readonly(),
  models: z.array(model).readonly(),
  features: z.record(z.string(), z.number().nullable()),
  data: z.array(series).readonly(),
  alerts: z.array(alert).readonly(),
} as const;

export type Collection = keyof typeof REPLIES;
export type Reply<What extends Collection> = z.infer<(typeof REPLIES)[What]>;

/** What the switches answer. */
export const haltReply = z.looseObject({ halted: z.boolean(), why: z.string().optional() });
export const flattenReply = z.object({
  halted: z.literal(true),
  why: z.string(),
  isFlat: z.boolean().describe('Whether nothing is held and no order is open; while not, it is tried again until it is so'),
  stillHeldBecause: z.string().nullable(),
  orders: z.array(z.looseObject({ clientOrderId: z.string(), state: z.string() })).readonly(),
  position: z.object({ eth: decimal.nullable() }),
});
export const pushReply = z.object({
  rows: z.int(),
  stored: z.int(),
  quarantined: z.int(),
  warnings: z.array(z.string()).readonly(),
});
export const transferReply = z.object({
  requestId: z.string(),
  asset: z.string(),
  amount: decimal,
  valueUsd: decimal,
  owned: z.object({ eth: decimal, usd: decimal }),
});
export const ticketReply = z.looseObject({ ticket: z.string() });

export type HaltReply = z.infer<typeof haltReply>;
export type FlattenReply = z.infer<typeof flattenReply>;
export type PushReply = z.infer<typeof pushReply>;
export type TransferReply = z.infer<typeof transferReply>;
export type TicketReply = z.infer<typeof ticketReply>;
