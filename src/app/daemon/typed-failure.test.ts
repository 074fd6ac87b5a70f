import { describe, expect, it } from 'vitest';
import { ExchangeError } from '../../domain/index.ts';
import { typedFailure } from './typed-failure.ts';

const thrown = (code: string) => Object.assign(new Error(`${code}: write`), { code, syscall: 'write' });

describe('typedFailure', () => {
  it.each([
    ['ENOSPC', 'storage.disk_full'],
    ['EROFS', 'storage.not_writable'],
    ['EIO', 'storage.write_failed'],
  ])('says what the disk refused with %s', (code, typed) => {
    expect(typedFailure(thrown(code), '/data')).toMatchObject({ code: typed, message: expect.stringContaining('/data') });
  });

  it('leaves alone what is typed already, a connection that was refused, and a defect', () => {
    for (const error of [new ExchangeError('exchange.request_failed', 'no'), thrown('ECONNREFUSED'), new TypeError('x')])
      expect(typedFailure(error, '/data')).toBe(error);
  });
});
