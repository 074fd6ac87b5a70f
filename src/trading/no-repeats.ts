import { InvariantError, money, toText } from '../domain/index.ts';
import type { Ledger } from './ledger.ts';
import type { OrderIntent } from './order.ts';
import { type OrderListIntent, openLists } from './order-list.ts';
import { isTerminal } from './order-state.ts';

/**
 * On one side a decision never trades more than its largest order, and has one live order at a time.
 * @throws InvariantError `engine.decision_repeated`
 */
export function assertNotRepeated(ledger: Ledger, intent: OrderIntent): void {
  if (intent.attempt === 1) return;
  const sameSide = ledger.attempts(intent.decisionId, intent.leg);
  const live = sameSide.find((order) => !isTerminal(order.state));
  const largest = sameSide.reduce(
    (most, order) => (most.gt(order.intent.quantity) ? most : money(order.intent.quantity)),
    money(0),
  );
  const traded = sameSide.reduce((sum, order) => sum.plus(order.filledQuantity), money(intent.quantity));
  if (live === undefined && (sameSide.length === 0 || traded.lte(largest))) return;
  throw new InvariantError(
    'engine.decision_repeated',
    `attempt ${intent.attempt} of decision ${intent.decisionId} would trade it twice`,
    {
      details: {
        clientOrderId: intent.clientOrderId,
        live: live?.intent.clientOrderId,
        traded: toText(traded),
        largest: toText(largest),
      },
    },
  );
}

/** Two lists would sell the position twice. @throws InvariantError `engine.list_repeated` */
export function assertOneList(ledger: Ledger, { listClientOrderId }: OrderListIntent): void {
  const [open] = openLists(ledger);
  if (open === undefined) return;
  throw new InvariantError('engine.list_repeated', `list ${open.listClientOrderId} has not ended`, {
    details: { listClientOrderId, open: open.listClientOrderId },
  });
}
