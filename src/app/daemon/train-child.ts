import { z } from 'zod';
import { openApp } from '../../app.ts';
import { AppError } from '../../domain/index.ts';
import type { TrainRequest } from './train-request.ts';

const requestSchema = z.custom<TrainRequest>((value) => typeof value === 'object' && value !== null && 'dataDir' in value);

process.once('message', async (message) => {
  const { untilMs, endpoints, dataDir, config } = requestSchema.parse(message);
  try {
    const app = await openApp({ dataDir, config, env: process.env, ...(endpoints && { endpoints }) });
    try {
      const { modelId, gate, durationMs } = await app.train({ untilMs, fetch: false });
      process.send?.({ modelId, decision: gate.decision, reason: gate.reason, durationMs });
    } finally {
      await app.close();
    }
  } catch (error) {
    const {
      code,
      message: text,
      hint,
    } = error instanceof AppError ? error : { code: undefined, message: String(error), hint: undefined };
    process.send?.({ error: { code, message: text, hint } });
    process.exitCode = 1;
  }
  process.disconnect();
});

// Whoever asked is gone: nobody waits for what comes of it.
process.once('disconnect', () => process.exit());
