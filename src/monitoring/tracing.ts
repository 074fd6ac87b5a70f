import type { Clock } from '../domain/index.ts';

/** A run of a job that has ended. */
export interface TracedRun {
  readonly job: string;
  readonly durationMs: number;
  /** Its parts, one after the other, where it has any. */
  readonly phasesMs?: Readonly<Record<string, number>> | undefined;
  readonly attributes: Readonly<Record<string, string | number>>;
  /** Why it failed. */
  readonly error?: string | undefined;
}

export interface Tracing {
  /** Hands a run that ends now to the collector; never waits for it. */
  run(run: TracedRun): void;
  /** Sends what is not sent yet, for at most a few seconds. */
  close(): Promise<void>;
}

const CLOSE_WITHIN_MS = 3_000;

/**
 * Sends a trace of each job's run, with a span for each of its parts, to an OpenTelemetry collector by OTLP over HTTP. The
 * address and headers are those of the standard variables (`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_HEADERS`).
 * @param clock this machine's: traces are lined up with those of other programs
 * @returns nothing where no address is set
 */
export async function openTracing(
  env: Readonly<Record<string, string | undefined>>,
  clock: Clock,
  version: string,
): Promise<Tracing | undefined> {
  const { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: exact, OTEL_EXPORTER_OTLP_ENDPOINT: base } = env;
  if (!exact && !base) return undefined;
  const [{ SpanStatusCode, trace, ROOT_CONTEXT }, { BasicTracerProvider, BatchSpanProcessor }, { OTLPTraceExporter }, resources] =
    await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/sdk-trace-base'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ]);
  const exporter = new OTLPTraceExporter({
    url: exact || `${base?.replace(/\/$/, '')}/v1/traces`,
    timeoutMillis: CLOSE_WITHIN_MS,
  });
  const provider = new BasicTracerProvider({
    resource: resources.resourceFromAttributes({
      'service.name': env.OTEL_SERVICE_NAME || 'ethereum-trading-system',
      'service.version': version,
    }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  const tracer = provider.getTracer('ets');
  return {
    run({ job, durationMs, phasesMs = {}, attributes, error }) {
      const endTime = clock.nowMs();
      const startTime = endTime - durationMs;
      const root = tracer.startSpan(job, { startTime, attributes }, ROOT_CONTEXT);
      const inRoot = trace.setSpan(ROOT_CONTEXT, root);
      let atMs = startTime;
      for (const [phase, ms] of Object.entries(phasesMs)) {
        tracer.startSpan(`${job}.${phase}`, { startTime: atMs }, inRoot).end(atMs + ms);
        atMs += ms;
      }
      if (error !== undefined) root.setStatus({ code: SpanStatusCode.ERROR, message: error });
      root.end(endTime);
    },
    close: () => provider.shutdown().catch(() => undefined),
  };
}
