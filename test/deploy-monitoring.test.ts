import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { parser } from '@prometheus-io/lezer-promql';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { METRICS } from '../src/monitoring/metric-definitions.ts';

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook: string };
}
const rules = (parse(read('deploy/prometheus/alerts.yml')) as { groups: { rules: Rule[] }[] }).groups.flatMap((one) => one.rules);
const dashboard = JSON.parse(read('deploy/grafana/dashboards/ets.json')) as {
  panels: { title: string; targets: { expr: string }[] }[];
};
const queries = [
  ...rules.map(({ alert, expr }) => [alert, expr] as const),
  ...dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const)),
];
const ownNames = (text: string) => [...text.matchAll(/\bets_[a-z_]+/g)].map(([name]) => name.replace(/_bucket$/, ''));

const ruleTests = readdirSync(new URL('../deploy/prometheus/', import.meta.url)).filter((file) => file.endsWith('.test.yml'));

function hasPromtool(): boolean {
  try {
    execFileSync('promtool', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('deploy/prometheus and deploy/grafana', () => {
  it.each(queries)('%s asks in the language of Prometheus: %s', (_, expr) => {
    const wrong: string[] = [];
    parser.parse(expr).iterate({
      enter: ({ type, from, to }) => {
        if (type.isError) wrong.push(`${from}-${to}: ${expr.slice(from, to)}`);
      },
    });
    expect(wrong).toEqual([]);
  });

  it('ask for metrics that exist alone', () => {
    const used = new Set(queries.flatMap(([, expr]) => ownNames(expr)));
    expect([...used].filter((name) => !(name in METRICS))).toEqual([]);
  });

  it('show every metric of the system on the dashboard', () => {
    const shown = new Set(dashboard.panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => ownNames(expr))));
    const hidden = ['ets_job_running'];
    expect(Object.keys(METRICS).filter((name) => !shown.has(name))).toEqual(hidden);
  });

  it('names each alert once, with a severity and a summary', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { labels, annotations } of rules) {
      expect(['warning', 'critical']).toContain(labels.severity);
      expect(annotations.summary).toMatch(/\w/);
    }
  });

  it('tests every alert, and no other', () => {
    const tested = ruleTests.flatMap((file) => {
      const { tests } = parse(read(`deploy/prometheus/${file}`)) as { tests: { alert_rule_test: { alertname: string }[] }[] };
      return tests.flatMap((one) => one.alert_rule_test.map(({ alertname }) => alertname));
    });
    expect([...new Set(tested)].sort()).toEqual(rules.map(({ alert }) => alert).sort());
  });

  it.skipIf(!hasPromtool())('has rules whose own tests pass (where promtool is installed)', () => {
    const cwd = new URL('../deploy/prometheus/', import.meta.url);
    expect(execFileSync('promtool', ['check', 'rules', 'alerts.yml'], { cwd, encoding: 'utf8' })).toContain('SUCCESS');
    for (const file of ruleTests)
      expect(execFileSync('promtool', ['test', 'rules', file], { cwd, encoding: 'utf8' }), file).toContain('SUCCESS');
  });

  it('gives Alertmanager one receiver, whose address is no part of the repository', () => {
    const config = parse(read('deploy/alertmanager/alertmanager.yml')) as {
      route: { receiver: string; routes: { receiver: string }[] };
      receivers: { name: string; webhook_configs: { url_file: string }[] }[];
    };
    const names = config.receivers.map(({ name }) => name);
    expect(
      [config.route.receiver, ...config.route.routes.map(({ receiver }) => receiver)].every((one) => names.includes(one)),
    ).toBe(true);
    expect(config.receivers[0]?.webhook_configs[0]?.url_file).toBe('/run/secrets/alertmanager_webhook_url');
  });
});
