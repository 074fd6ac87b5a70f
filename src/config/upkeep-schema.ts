import { z } from 'zod';
import { count, fraction, section } from './schema-parts.ts';

const dueTimes = z
  .string()
  .regex(/^(every [1-9]\d*[mh]|(\S+ ){4}\S+)$/, 'expected five cron fields in UTC, or an interval such as "every 15m"');

const upkeepJob = (when: string, lateHours: number, deadlineMinutes: number, what: string) =>
  section({
    enabled: z.boolean().default(true).describe(what),
    when: dueTimes.default(when).describe('Five cron fields in UTC, or an interval such as "every 15m"'),
    lateHours: fraction(0, 720)
      .default(lateHours)
      .describe('A run missed by more is skipped, and recorded; one run stands for all missed'),
    deadlineMinutes: z.number().positive().max(1440).default(deadlineMinutes).describe('A run is given up after so long'),
  });

/** When what runs. */
export const schedule = section({
  retrainWeekday: count(0, 6).default(0).describe('0 is Sunday'),
  retrainHourUtc: count(0, 23).default(2),
  training: section({
    when: dueTimes
      .optional()
      .describe('Instead of retrainWeekday and retrainHourUtc: five cron fields in UTC, or an interval such as "every 12h"'),
  }),
  decisionLateHours: fraction(0, 24).default(6).describe('A daily decision missed by more is skipped, and recorded'),
  retrainLateHours: fraction(0, 168).default(144).describe('A weekly training missed by more is skipped, and recorded'),
  retrainDeadlineMinutes: z.number().positive().max(2880).default(240).describe('A training is given up after so long'),
  driftRetrainDays: fraction(1, 365)
    .nullable()
    .default(3)
    .describe('Train again where drift says act and the last training is so long ago; null: only weekly'),
  trainMemoryMb: count(256, 1_000_000)
    .default(2_000)
    .describe('Memory of the process that trains; above it the training is ended'),
  fetchDeadlineMinutes: z
    .number()
    .positive()
    .max(360)
    .default(15)
    .describe('A daily decision fetches for at most so long, then takes what is there'),
  ownDataDeadlineS: fraction(1, 600)
    .default(15)
    .describe('Declared sources are waited for, all at once, for at most so long; what has not answered is left out'),
  health: upkeepJob('every 5m', 1, 5, 'Look at every part, and tell of what is not well'),
  extraction: upkeepJob('10 */3 * * *', 3, 30, 'Fetch what is new between the decisions'),
  backup: upkeepJob('30 4 * * *', 24, 60, 'Copy what is new, and prove the copy by restoring it'),
  retention: upkeepJob(
    '15 5 * * *',
    24,
    20,
    'Drop old backups and models, and rows that retention.tables says; never orders or decisions',
  ),
});

/** Where copies of the data directory go. */
export const backup = section({
  copyDir: z.string().min(1).optional().describe('A folder on another disk or machine that every backup is copied to'),
  s3: section({
    bucket: z
      .string()
      .min(1)
      .optional()
      .describe('A bucket that every backup is copied to; needs ETS_S3_ACCESS_KEY_ID and ETS_S3_SECRET_ACCESS_KEY'),
    region: z.string().min(1).default('us-east-1'),
    endpoint: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('Of a storage that is compatible with S3'),
    prefix: z
      .string()
      .regex(/^([\w.-]+\/)*$/, 'expected a path such as "ets/"')
      .default('ets/')
      .describe('Put before every key'),
  }),
});

const keptDays = (what: string) =>
  count(7, 36_500).nullable().default(null).describe(`Days that ${what} are kept; null: for ever`);

/** What is kept, and how long. */
export const retention = section({
  backups: count(1, 1000).default(14).describe('Backups that are kept'),
  models: count(2, 1000).default(20).describe('Models that are kept, beside the one that serves'),
  journalRecords: count(10, 10_000_000)
    .default(20_000)
    .describe(
      'A longer order journal begins anew with what it adds up to; nothing is lost, what was before stays in its archive',
    ),
  tables: section({
    streamMinutesDays: keptDays("the stream's minutes (never fewer than streams.repairDays)"),
    liveBlocksDays: keptDays('live_blocks of the stream'),
    liveTransfersDays: keptDays('live_transfers of the stream'),
    ownDays: keptDays('rows of own datasets'),
    own: z
      .record(z.string(), count(7, 36_500).nullable())
      .default({})
      .describe('The same by the name of an own dataset, before ownDays'),
    priceDataDays: keptDays('candles, the canonical ones too (never fewer than trainings look back)'),
    whaleDataDays: keptDays('large transfers (never fewer than trainings look back)'),
    validatorDataDays: keptDays('validator data (never fewer than trainings look back)'),
    blockchainDataDays: keptDays('chain data (never fewer than trainings look back)'),
    sentimentDataDays: keptDays('sentiment (never fewer than trainings look back)'),
    quarantineDays: keptDays('refused rows'),
    logDays: keptDays('full log files'),
    auditDays: keptDays('lines of audit.ndjson'),
  }),
});
