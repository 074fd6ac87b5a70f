import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ConfigError } from '../domain/index.ts';
import { toProblems } from './problems.ts';

const url = z.url({ protocol: /^(https?|wss?)$/ });

const endpointsSchema = z.looseObject({
  urls: z.strictObject({
    yahoo: url.optional(),
    whaleAlert: url.optional(),
    beacon: url.optional(),
    rpc: url.optional(),
    ws: url.optional(),
    binance: url.optional(),
    binanceUsdm: url.optional(),
    binanceWs: url.optional(),
    binanceWsApi: url.optional(),
    fearGreed: url.optional(),
    control: url.optional(),
  }),
});

/** Base URLs that stand in for the real services; with `control` they are a sandbox's. */
export type Endpoints = z.output<typeof endpointsSchema>['urls'];

/** Reads the file of `--endpoints`, as `ets sandbox --json` prints it. @throws ConfigError `endpoints.unreadable` */
export function readEndpoints(file: string): Endpoints {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new ConfigError('endpoints.unreadable', `${file} is not a readable JSON file`, {
      hint: 'Give the line that `ets sandbox --json` prints.',
      cause,
    });
  }
  const parsed = endpointsSchema.safeParse(content);
  if (parsed.success) return parsed.data.urls;
  const [problem] = toProblems(parsed.error, Object.keys(endpointsSchema.shape.urls.shape));
  throw new ConfigError('endpoints.unreadable', `${file}: ${problem!.path}: ${problem!.message}`, {
    hint: 'Give the line that `ets sandbox --json` prints.',
  });
}
