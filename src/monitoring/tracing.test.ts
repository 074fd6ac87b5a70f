import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../domain/index.ts';
import { openTracing } from './tracing.ts';

const NOW = Date.UTC(2024, 0, 1, 23);
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

interface Span {
  readonly name: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code?: number; readonly message?: string };
  readonly attributes: readonly { readonly key: string; readonly value: unknown }[];
}

/** An OTLP collector that keeps what it gets. */
async function collector() {
  const got: { path: string; body: unknown }[] = [];
  const server = createServer((request, reply) => {
    let text = '';
    request.on('data', (part) => {
      text += part;
    });
    request.on('end', () => {
      got.push({ path: request.url ?? '', body: JSON.parse(text) });
      reply.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => new Promise((resolve) => server.close(() => resolve())));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, got };
}

describe('tracing', () => {
  it('is off where no collector is named', async () => {
    expect(await openTracing({}, new ManualClock(NOW), '1')).toBeUndefined();
  });

  it('sends a run and its parts as spans that lie within it', async () => {
    const { url, got } = await collector();
    const tracing = await openTracing({ OTEL_EXPORTER_OTLP_ENDPOINT: `${url}/` }, new ManualClock(NOW), '1.2.3');
    tracing!.run({
      job: 'decision',
      durationMs: 300,
      phasesMs: { fetch: 200, decideAndOrder: 100 },
      attributes: { outcome: 'done' },
    });
    tracing!.run({ job: 'training', durationMs: 50, attributes: {}, error: 'out of memory' });
    await tracing!.close();
    expect(got.map(({ path }) => path)).toEqual(['/v1/traces']);
    const [{ resource, scopeSpans }] = (
      got[0]!.body as { resourceSpans: [{ resource: unknown; scopeSpans: [{ spans: Span[] }] }] }
    ).resourceSpans;
    expect(JSON.stringify(resource)).toContain('"1.2.3"');
    const { spans } = scopeSpans[0];
    const found = (name: string) => spans.find((span) => span.name === name)!;
    const ms = ({ startTimeUnixNano, endTimeUnixNano }: Span) =>
      [startTimeUnixNano, endTimeUnixNano].map((nano) => Number(nano) / 1e6 - NOW);
    expect(ms(found('decision'))).toEqual([-300, 0]);
    expect(ms(found('decision.fetch'))).toEqual([-300, -100]);
    expect(ms(found('decision.decideAndOrder'))).toEqual([-100, 0]);
    expect(found('decision.fetch').parentSpanId).toBe(found('decision').spanId);
    expect(found('decision').attributes).toEqual([{ key: 'outcome', value: { stringValue: 'done' } }]);
    expect(found('training').status).toEqual({ code: 2, message: 'out of memory' });
  });

  it('ends though nobody takes the spans', async () => {
    const tracing = await openTracing({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }, new ManualClock(NOW), '1');
    tracing!.run({ job: 'decision', durationMs: 1, attributes: {} });
    await tracing!.close();
  }, 20_000);
});
