import { ConfigError, type Rng } from '../domain/index.ts';

/** The protocols of the sandbox, by the names under which their URLs are printed. `control` is never faulted. */
export const SOURCES = [
  'yahoo',
  'whaleAlert',
  'beacon',
  'rpc',
  'ws',
  'binance',
  'binanceWs',
  'binanceWsApi',
  'fearGreed',
  'control',
] as const;

export type Source = (typeof SOURCES)[number];

const KINDS = [
  'latency',
  '429',
  '500',
  'cut',
  'malformed',
  'hang',
  'accept-then-timeout',
  'reject',
  'partial-fill',
  'duplicate-events',
] as const;

export type FaultKind = (typeof KINDS)[number];

export interface Fault {
  readonly source: Source | '*';
  readonly kind: FaultKind;
  /** Milliseconds of latency, seconds of Retry-After. */
  readonly value: number;
  readonly rate: number;
}

const FORM = /^(\*|[A-Za-z]+):([a-z0-9-]+)(?:=(\d+(?:\.\d+)?))?(?:@(\d+(?:\.\d+)?))?$/;

/** `source:kind[=value][@rate]`. @throws ConfigError `sandbox.bad_fault` */
export function parseFault(text: string): Fault {
  const [, source, kind, value, rate] = FORM.exec(text) ?? [];
  const share = rate === undefined ? 1 : Number(rate);
  const isSource = source === '*' || (source !== 'control' && (SOURCES as readonly string[]).includes(source ?? ''));
  if (!isSource || !(KINDS as readonly string[]).includes(kind ?? '') || share > 1) {
    throw new ConfigError('sandbox.bad_fault', `"${text}" is not a fault`, {
      hint: `Write source:kind[=value][@rate]; kinds are ${KINDS.join(', ')}.`,
    });
  }
  return {
    source: source as Source | '*',
    kind: kind as FaultKind,
    value: Number(value ?? (kind === '429' ? 1 : 0)),
    rate: share,
  };
}

/** The faults in force, and which of them strike a request. */
export class Faults {
  readonly #rng: Rng;
  #faults: readonly Fault[];

  constructor(texts: readonly string[], rng: Rng) {
    this.#rng = rng;
    this.#faults = texts.map(parseFault);
  }

  replace(texts: readonly string[]): void {
    this.#faults = texts.map(parseFault);
  }

  get texts(): string[] {
    return this.#faults.map(({ source, kind, value, rate }) => `${source}:${kind}=${value}@${rate}`);
  }

  /** Draws once for each fault of the source; the answer holds those that strike. */
  strike(source: Source): ReadonlyMap<FaultKind, number> {
    const struck = new Map<FaultKind, number>();
    if (source === 'control') return struck;
    for (const fault of this.#faults) {
      if ((fault.source === '*' || fault.source === source) && this.#rng() < fault.rate) struck.set(fault.kind, fault.value);
    }
    return struck;
  }
}
