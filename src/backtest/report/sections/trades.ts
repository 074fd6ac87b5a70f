import { count, counted, decimal, minute, percent, signedUsd, usd } from '../format.ts';
import { html, type Markup } from '../html.ts';
import { type Cell, paragraph, section, table } from '../page-parts.ts';
import type { ReportData, ReportTrade } from '../report-data.ts';

const SHOWN = 50;
const BOUGHT = ['Bought', '>At', 'Sold', '>At'];
/** Of trades of which some were sold first. */
const OPENED = ['Side', 'Opened', '>At', 'Closed', '>At'];

/** The newest trades, newest first. */
export function trades({ simulated, trades: all }: Pick<ReportData, 'simulated' | 'trades'>): Markup {
  const shown = all.slice(-SHOWN).reverse();
  const text =
    all.length > SHOWN
      ? `The last ${SHOWN} of ${counted(all.length, 'trade')}, newest first.`
      : `${counted(all.length, 'trade')}, newest first.`;
  const hasShorts = all.some(({ side }) => side === 'short');
  return section(
    'Trades',
    paragraph(all.length === 0 ? 'No trade was made.' : text),
    html`<div class="long wide">${table({
      simulated,
      caption: 'Trades, times in UTC',
      columns: [...(hasShorts ? OPENED : BOUGHT), '>ETH', '>Fees', '>Profit', 'Why closed'],
      rows: shown.map((trade) => (hasShorts ? [trade.side ?? 'long', ...rowOf(trade)] : rowOf(trade))),
    })}</div>`,
  );
}

function rowOf(trade: ReportTrade): Cell[] {
  const pnl = Number(trade.pnlUsd);
  const isOpen = trade.exitTimeMs === null;
  return [
    { text: minute(trade.entryTimeMs), kind: 'nowrap' },
    usd(Number(trade.entryPriceUsd)),
    { text: isOpen ? 'open' : minute(trade.exitTimeMs), kind: isOpen ? 'muted' : 'nowrap' },
    usd(trade.exitPriceUsd === null ? null : Number(trade.exitPriceUsd)),
    decimal(Number(trade.quantityEth), 4),
    usd(Number(trade.feesUsd)),
    { text: signedUsd(pnl), kind: pnl > 0 ? 'gain' : pnl < 0 ? 'loss' : '' },
    trade.reason.replaceAll('_', ' '),
  ];
}

/** What trading cost. */
export function costs({ simulated, feesUsd, startUsd, metrics, trades: all }: ReportData): Markup {
  const each = all.length === 0 ? null : feesUsd / all.length;
  return section(
    'Costs',
    table({
      simulated,
      caption: 'Fees; slippage is in the prices paid',
      columns: ['', '>'],
      rows: [
        ['Fees', usd(feesUsd)],
        ['Of the starting capital', percent(startUsd > 0 ? feesUsd / startUsd : null, 2)],
        ['A trade', usd(each)],
        ['Trades', count(all.length)],
        ['Turnover a year, times mean equity', decimal(metrics.turnover, 1)],
      ],
    }),
  );
}
