import type { ServiceApi } from './service-api.ts';

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
const day = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ');

/** The state at a glance: health, last decisions, equity, alerts. Plain HTML, no script, made for each request. */
export async function statusPage(service: ServiceApi): Promise<string> {
  const [status, decisions, equity, alerts] = [
    await service.read('status', 1),
    await service.read('decisions', 14),
    await service.read('equity', 400),
    await service.read('alerts', 10),
  ];
  const rows = (list: readonly (readonly string[])[]) =>
    list.map((cells) => `<tr>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`).join('');
  const mark = service.isSimulated ? 'SIMULATED ' : '';
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="refresh" content="60"><title>${mark}${escapeHtml(status.status)}</title>
<style>:root{color-scheme:light dark}body{font:16px/1.6 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}td{border-top:1px solid #8884;padding:.3rem .6rem .3rem 0;vertical-align:top}
svg{width:100%;height:10rem}</style>
<h1>${mark}Ethereum trading system: ${escapeHtml(status.status)}</h1>
<h2>${mark}Equity</h2><p>${equity.at(-1) ? `${equity.at(-1)?.equityUsd.toFixed(2)} USDT on ${day(equity.at(-1)?.timeMs ?? 0)}` : 'no decision yet'}</p>
${line(equity.map(({ equityUsd }) => equityUsd))}
<h2>Health</h2><table>${rows(status.checks.map((check) => [check.status, check.name, check.detail]))}</table>
<h2>Last decisions</h2><table>${rows(decisions.toReversed().map((one) => [day(one.decisionTimeMs), `${one.label} → ${one.action}`, one.reasons.join('; ')]))}</table>
<h2>Alerts</h2><table>${rows(alerts.toReversed().map((one) => [day(one.timeMs), one.severity, one.message])) || '<tr><td>none</td></tr>'}</table>
</html>
`;
}

function line(values: readonly number[]): string {
  if (values.length < 2) return '';
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const span = high - low || 1;
  const points = values.map(
    (value, i) => `${((100 * i) / (values.length - 1)).toFixed(2)},${(38 - (36 * (value - low)) / span).toFixed(2)}`,
  );
  return `<svg viewBox="0 0 100 40" preserveAspectRatio="none" role="img" aria-label="equity"><polyline fill="none" stroke="currentColor" stroke-width=".4" points="${points.join(' ')}"/></svg>`;
}
