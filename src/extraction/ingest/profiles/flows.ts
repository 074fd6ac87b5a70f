import { DAY_MS, HOUR_MS } from '../../../domain/index.ts';
import type { KnownProfile } from './profile.ts';

/** Flows into and out of one exchange a day. */
const exchangeFlowsDaily: KnownProfile = {
  name: 'tokenanalyst exchange flows daily',
  needs: ['date', 'inflow_eth', 'inflow_usd', 'outflow_eth', 'outflow_usd'],
  time: ['date'],
  interval: DAY_MS,
  targets: [
    {
      dataset: 'whale_data',
      source: 'tokenanalyst',
      subject: 'exchange-flows',
      publication: 'chain_daily_report',
      required: ['inflow_eth', 'outflow_eth'],
      columns: [
        { from: 'inflow_eth', to: 'inflow_eth' },
        { from: 'inflow_usd', to: 'inflow_usd' },
        { from: 'inflow_txns', to: 'inflow_count' },
        { from: 'outflow_eth', to: 'outflow_eth' },
        { from: 'outflow_usd', to: 'outflow_usd' },
        { from: 'outflow_txns', to: 'outflow_count' },
      ],
    },
  ],
};

/**
 * Hourly sums of alerts of which exactly one side has a name; hours without an alert are not there. "Entity to unknown"
 * leaves a named party, so it is an outflow; `net_usd` is outflow minus inflow, the opposite of `net_inflow_usd`.
 */
const whaleFlowsHourly: KnownProfile = {
  name: 'whale flows hourly',
  needs: ['hour', 'entity_to_unknown_usd', 'entity_to_unknown_coins', 'unknown_to_entity_usd', 'unknown_to_entity_coins'],
  time: ['hour'],
  interval: HOUR_MS,
  targets: [
    {
      dataset: 'whale_data',
      source: 'whale_alert',
      subject: 'eth',
      publication: 'whale_flow',
      required: ['inflow_eth', 'outflow_eth'],
      columns: [
        { from: 'unknown_to_entity_coins', to: 'inflow_eth' },
        { from: 'unknown_to_entity_usd', to: 'inflow_usd' },
        { from: 'entity_to_unknown_coins', to: 'outflow_eth' },
        { from: 'entity_to_unknown_usd', to: 'outflow_usd' },
        { from: 'net_usd', to: 'net_inflow_usd', negate: true },
      ],
    },
  ],
};

const TRANSFER = /transferred from #?(.+?) to #?(.+?)\s*(?:whale-alert\.io|https?:|$)/;
const UNNAMED = /^(?:unknown|unknown wallet|)$/i;

/** Sender and receiver as the post says them; the columns lose names that are no hashtag ("Coinbase Institutional"). */
function parties(cell: (from: string) => string): { readonly from: string | null; readonly to: string | null } {
  const said = TRANSFER.exec(cell('raw_text'));
  const named = (name: string) => (UNNAMED.test(name) ? null : name);
  return { from: named(said?.[1] ?? cell('from_entity')), to: named(said?.[2] ?? cell('to_entity')) };
}

/** Direction of a transfer, seen from named parties. */
function flowOf(from: string | null, to: string | null): string {
  if (from === null) return to === null ? 'wallet' : 'inflow';
  return to === null ? 'outflow' : 'exchange';
}

/** Single Whale Alert posts of all currencies; transfers of Ether are kept (a fee paid or a wallet woken is none). */
const whaleAlertPosts: KnownProfile = {
  name: 'whale alert posts',
  needs: ['timestamp', 'currency', 'amount', 'usd_value', 'raw_text'],
  time: ['timestamp'],
  interval: 0,
  keep: (cell) => cell('currency').toUpperCase() === 'ETH' && TRANSFER.test(cell('raw_text')),
  skipReason: 'are not transfers of ETH',
  targets: [
    {
      dataset: 'whale_data',
      source: 'whale_alert',
      subject: 'eth',
      publication: 'whale_flow',
      required: ['amount_eth'],
      id: 'tweet_id',
      columns: [
        { from: 'amount', to: 'amount_eth' },
        { from: 'usd_value', to: 'amount_usd' },
      ],
      texts: {
        names: ['symbol', 'from_owner', 'to_owner', 'flow'],
        of: (cell) => {
          const { from, to } = parties(cell);
          return [cell('currency').toUpperCase(), from, to, flowOf(from, to)];
        },
      },
    },
  ],
  ignored: { from_entity: 'read from the text', to_entity: 'read from the text' },
};

export const FLOW_PROFILES: readonly KnownProfile[] = [exchangeFlowsDaily, whaleFlowsHourly, whaleAlertPosts];
