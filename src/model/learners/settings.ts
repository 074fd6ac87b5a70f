import { ModelError } from '../../domain/index.ts';

/** Refuses settings that mean nothing: `counts` are whole numbers from 1, `sizes` are finite and above 0. @throws ModelError */
export function checkSettings(counts: Readonly<Record<string, number>>, sizes: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(counts)) {
    if (!(Number.isInteger(value) && value >= 1)) throw wrong(name, value, 'a whole number from 1');
  }
  for (const [name, value] of Object.entries(sizes)) {
    if (!(Number.isFinite(value) && value > 0)) throw wrong(name, value, 'finite and above 0');
  }
}

const wrong = (name: string, value: number, rule: string) =>
  new ModelError('learner.bad_setting', `${name} must be ${rule}, not ${value}`, { details: { name, value } });
