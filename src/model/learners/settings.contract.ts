import { expect, it } from 'vitest';
import type { Learner } from './learner.ts';

/** What every learner does with settings that mean nothing: it says so when it is made, by code and by name. */
export function describeRefusedSettings<Options extends object>(
  make: (options: Options) => Learner,
  refused: readonly (readonly [name: string, options: Options])[],
  taken: readonly Options[],
): void {
  it.each(refused)('refuses %s in %o', (name, options) => {
    expect(() => make(options)).toThrow(
      expect.objectContaining({
        name: 'ModelError',
        code: 'learner.bad_setting',
        message: expect.stringContaining(`${name} must be`),
        details: expect.objectContaining({ name }),
      }),
    );
  });

  it.each(taken)('takes %o', (options) => {
    expect(make(options).spec.kind).toMatch(/^[a-z]+$/);
  });
}
