import type { Alert } from '../../monitoring/index.ts';
import type { RouteStatus } from '../order-route.ts';

/** Names of what people are told of it. */
export const ROUTE_ALERTS = ['market_delisted', 'exchange_down'] as const;

/** What people are told of an exchange that cannot be traded at; nothing where it can, and a halt tells itself. */
export function routeAlert(status: RouteStatus): (Pick<Alert, 'name' | 'severity' | 'title'> & { detail: string }) | undefined {
  if (status.kind === 'not_trading')
    return {
      name: 'market_delisted',
      severity: 'critical',
      title: status.why,
      detail:
        'Nothing can be ordered there. The exchange says what becomes of what is held; `exchange` and `strategy.symbol` name another market.',
    };
  if (status.kind === 'exchange_down')
    return {
      name: 'exchange_down',
      severity: 'warning',
      title: `the exchange does not answer: ${status.why}`,
      detail: 'Nothing is ordered until it does, and nothing needs to be done; if it lasts, see its own status page.',
    };
  return undefined;
}
