import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { unknownVariables } from './unknown-variables.ts';

const names = (env: Record<string, string>, mentioned: string[] = []) => unknownVariables(env, mentioned).map(({ path }) => path);

it('names a misspelt variable and the nearest that is read, never its value', () => {
  const found = unknownVariables(
    { ETS_RISK_MAX_ORDER_UDS: '0.0512', ETS_API_TOKE: 'hidden', ETS_SOMETHING_ELSE_ALTOGETHER: '1' },
    [],
  );
  expect(found).toEqual([
    { path: 'ETS_RISK_MAX_ORDER_UDS', message: 'nothing reads this variable; did you mean ETS_RISK_MAX_ORDER_USD?' },
    { path: 'ETS_API_TOKE', message: 'nothing reads this variable; did you mean ETS_API_TOKEN?' },
    { path: 'ETS_SOMETHING_ELSE_ALTOGETHER', message: 'nothing reads this variable' },
  ]);
});

it('has nothing to say of what is read, is empty, is of other programs, or stands in the declarations of own data', () => {
  expect(names({ ETS_STRATEGY_CONFIDENCE_THRESHOLD: '0.5', ETS_API_TOKEN: 'x', ETS_NONE: '', PATH: '/bin' })).toEqual([]);
  expect(names({ ETS_MY_FEED_KEY: 'x' })).toEqual(['ETS_MY_FEED_KEY']);
  expect(names({ ETS_MY_FEED_KEY: 'x' }, ['ETS_MY_FEED_KEY'])).toEqual([]);
});

it('knows every variable of the example, of the compose files and of the scripts that deploy', () => {
  const composeFiles = readdirSync('.').filter((name) => /^docker-compose.*\.yml$/.test(name));
  const files = ['.env.example', 'deploy.sh', 'monitor.sh', ...composeFiles];
  const found = new Set(files.flatMap((file) => readFileSync(file, 'utf8').match(/\bETS_[A-Z0-9_]*[A-Z0-9]\b/g) ?? []));
  // For tests of the script alone: where it reads the memory of the machine.
  found.delete('ETS_MEMINFO');
  expect(found.size).toBeGreaterThan(40);
  expect(names(Object.fromEntries([...found].map((name) => [name, 'x'])))).toEqual([]);
});
