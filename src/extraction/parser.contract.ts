import { describe, expect, it } from 'vitest';
import { createRng, type Rng, SourceError } from '../domain/index.ts';

export interface ParserCase<Result> {
  readonly name: string;
  readonly parse: (body: unknown) => Result;
  /** A reply that the parser takes, as JSON. */
  readonly reply: unknown;
  /** Fails the test where a result holds what must never come out of the parser. */
  readonly check: (result: Result) => void;
  readonly rounds?: number;
}

const STRANGE: readonly unknown[] = [
  null,
  undefined,
  true,
  '',
  ' ',
  'NaN',
  '-1',
  '1e999',
  '0x',
  '0xzz',
  '\u0000\ud800',
  -1,
  0.5,
  2 ** 53 + 2,
  1e308,
  '18446744073709551615',
  '9'.repeat(400),
  'x'.repeat(5_000),
  [],
  {},
  [[[[[[]]]]]],
  { __proto__: null, toString: 1 },
  JSON.parse('{"__proto__": {"polluted": true}}'),
];

const pick = <T>(items: readonly T[], rng: Rng): T => items[Math.floor(rng() * items.length)]!;

/** A copy of `value` with one place changed: replaced, removed, repeated or nested deep. */
export function mutate(value: unknown, rng: Rng): unknown {
  if (value === null || typeof value !== 'object' || rng() < 0.08) return strange(value, rng);
  if (Array.isArray(value)) return mutateList(value, rng);
  const keys = Object.keys(value);
  if (keys.length === 0) return strange(value, rng);
  const key = pick(keys, rng);
  const copy: Record<string, unknown> = { ...value };
  if (rng() < 0.1) delete copy[key];
  else copy[key] = mutate(copy[key], rng);
  return copy;
}

function mutateList(list: readonly unknown[], rng: Rng): unknown {
  const at = Math.floor(rng() * list.length);
  const kind = rng();
  if (list.length === 0) return strange(list, rng);
  if (kind < 0.08) return list.slice(0, at);
  if (kind < 0.16) return [...list, ...list.slice(at)];
  if (kind < 0.24) return [...list].reverse();
  return list.map((item, i) => (i === at ? mutate(item, rng) : item));
}

function strange(value: unknown, rng: Rng): unknown {
  if (typeof value === 'number' && rng() < 0.4) return value * pick([-1, 1_000, 1e-9, 1e18], rng);
  if (typeof value === 'string' && rng() < 0.4)
    return pick([value.slice(1), value + value, value.toUpperCase(), `-${value}`], rng);
  if (rng() < 0.05) {
    let deep: unknown = value;
    for (let i = 0; i < 2_000; i += 1) deep = [deep];
    return deep;
  }
  return pick(STRANGE, rng);
}

/** What every parser of outside bytes does: right replies pass; of wrong ones it gives a SourceError, or only sound rows. */
export function describeParser<Result>({ name, parse, reply, check, rounds = 3_000 }: ParserCase<Result>): void {
  describe(`${name} against strange replies`, () => {
    it('takes the reply itself', () => {
      check(parse(reply));
    });

    it('gives a typed error or sound rows for thousands of changed ones', () => {
      const rng = createRng(20_260_101, name.length);
      let refused = 0;
      for (let round = 0; round < rounds; round += 1) {
        let body = mutate(reply, rng);
        while (rng() < 0.3) body = mutate(body, rng);
        try {
          check(parse(body));
        } catch (error) {
          if (!(error instanceof SourceError)) throw error;
          expect(error.code).toMatch(/^[a-z_]+\.[a-z_]+$/);
          refused += 1;
        }
      }
      expect(refused).toBeGreaterThan(rounds / 20);
    });

    it.each([[null], [undefined], [''], [[]], [{}], [0], [{ error: 'x' }]])('refuses %j or finds nothing in it', (body) => {
      try {
        check(parse(body));
      } catch (error) {
        expect(error).toBeInstanceOf(SourceError);
      }
    });
  });
}
