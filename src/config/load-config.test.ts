import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../domain/index.ts';
import { checkDataSources } from './data-sources.ts';
import { configLeaves } from './leaves.ts';
import { checkConfig, loadConfig } from './load-config.ts';

const folder = mkdtempSync(join(tmpdir(), 'ets-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function yaml(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

describe('loadConfig', () => {
  it('has a default for everything', () => {
    const config = loadConfig({ env: {} });
    expect(config.strategy).toMatchObject({
      confidenceThreshold: 0.45,
      targetExposure: 0.5,
      rebalanceBand: 0.05,
      stopLoss: 0.08,
      takeProfit: 0.16,
    });
    expect(config.costs).toEqual({ feeBps: 10, slippageBps: 5 });
    expect(config.capitalUsd).toBe('10000');
  });

  it('lets the environment win over the file and the command line over both', () => {
    const file = yaml('a.yaml', 'strategy:\n  targetExposure: 0.1\n  stopLoss: 0.2\n  takeProfit: 0.3\n');
    const env = { ETS_STRATEGY_STOP_LOSS: '0.05', ETS_STRATEGY_TAKE_PROFIT: '0.06' };
    const { strategy } = loadConfig({ file, env, overrides: ['strategy.takeProfit=0.07'] });
    expect([strategy.targetExposure, strategy.stopLoss, strategy.takeProfit]).toEqual([0.1, 0.05, 0.07]);
  });

  it('takes lists and mappings from environment and command line, as YAML writes them in one line', () => {
    const env = {
      ETS_MODEL_LEARNERS: '{"gradient-boosted-trees": {"earlyStoppingRounds": 5}}',
      ETS_MODEL_PASS_THROUGH: '[a, b]',
    };
    const { model } = loadConfig({ env, overrides: ['model.meta=logistic', 'model.monotone={a: buy}'] });
    expect(model).toMatchObject({
      learners: { 'gradient-boosted-trees': { earlyStoppingRounds: 5 } },
      passThrough: ['a', 'b'],
      monotone: { a: 'buy' },
    });
  });

  it('names the path, what was expected, and ends with exit code 2', () => {
    const file = yaml('b.yaml', 'model:\n  trees: soon\n  fold: 5\nstrategy:\n  stopLoss: 3\n');
    const { problems } = checkConfig({ file, env: {} });
    expect(problems.map((x) => x.path).sort()).toEqual(['model.fold', 'model.trees', 'strategy.stopLoss']);
    expect(problems.find((x) => x.path === 'model.fold')?.message).toContain('did you mean "folds"?');
    expect(problems.find((x) => x.path === 'model.trees')?.message).toContain('expected number');
    expect(() => loadConfig({ file, env: {} })).toThrow(ConfigError);
    expect(new ConfigError('x', 'y').exitCode).toBe(2);
  });

  it('refuses a gate whose window is as long as the training, and says what to change', () => {
    const check = (windowDays: number) =>
      checkConfig({ env: {}, overrides: ['model.trainDays=80', `gate.windowDays=${windowDays}`] });
    expect(check(79).problems).toEqual([]);
    for (const windowDays of [80, 90]) {
      const { config, problems } = check(windowDays);
      expect([config, problems.map(({ path }) => path)]).toEqual([undefined, ['gate.windowDays']]);
      expect(problems[0]?.message).toMatch(/less than model\.trainDays \(80\).*lower gate\.windowDays or raise model\.trainDays/);
    }
    expect(checkConfig({ env: {}, overrides: ['model.trainDays=80'] }).problems).toHaveLength(1);
  });

  it('wants a logistic meta-classifier where features are passed through: a pool takes none', () => {
    const check = (meta: string) => checkConfig({ env: {}, overrides: ['model.passThrough=["rsi_14"]', `model.meta=${meta}`] });
    expect(check('logistic').problems).toEqual([]);
    expect(check('pool')).toEqual({
      config: undefined,
      problems: [{ path: 'model.passThrough', message: expect.stringMatching(/takes no features; set model\.meta to logistic/) }],
    });
  });

  it('refuses a file that is missing or is not YAML', () => {
    expect(() => loadConfig({ file: join(folder, 'none.yaml'), env: {} })).toThrow(/no configuration file/);
    expect(() => loadConfig({ file: yaml('c.yaml', '- a\n- b\n'), env: {} })).toThrow(/not readable YAML/);
  });

  it('gives every setting one environment variable of its own', () => {
    const names = configLeaves().map((leaf) => leaf.env);
    expect(names).toContain('ETS_EXTRACTION_SOURCE_DAY_TIMEOUT_S');
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('checkDataSources', () => {
  const good = [
    'data_sources:',
    '  whale_data: {type: api, endpoint: "https://api.whale-alert.io/v1/transactions", refresh_interval: 3600, validation_rules: [{min_value: 100}, {max_age_hours: 24}]}',
    '  custom_indicators: {type: file, path: /app/data/external/custom_indicators.parquet, auto_reload: true}',
  ].join('\n');

  it('accepts sources of both kinds', () => {
    expect(checkDataSources(yaml('good.yaml', good))).toEqual([]);
  });

  it('names every wrong path', () => {
    const bad = good.replace('3600', 'soon').replace('type: file', 'type: fax');
    expect(checkDataSources(yaml('bad.yaml', bad)).map((x) => x.path)).toEqual([
      'data_sources.whale_data.refresh_interval',
      'data_sources.custom_indicators.type',
    ]);
  });
});
