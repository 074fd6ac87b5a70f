import { money, type TimeMs, toText } from '../../domain/index.ts';
import type { OrderReport } from '../broker.ts';
import type { Fill } from '../order.ts';
import type { VenueClient, VenueExecution, VenueOrder } from './venue-client.ts';
import type { VenueClock } from './venue-clock.ts';

export interface OrderReportsParts {
  readonly client: Pick<VenueClient, 'price'>;
  readonly clock: Pick<VenueClock, 'toOurs'>;
  readonly baseAsset: string;
  readonly quoteAsset: string;
}

/** Orders and executions of a venue as the journal books them: times on our clock, fees valued in USD where that is possible. */
export class OrderReports {
  readonly #parts: OrderReportsParts;

  constructor(parts: OrderReportsParts) {
    this.#parts = parts;
  }

  async from(order: VenueOrder, executions: readonly VenueExecution[]): Promise<OrderReport> {
    const { clock } = this.#parts;
    const fills: Fill[] = [];
    for (const execution of executions) {
      const feeUsd = await this.#feeUsd(execution);
      const { atMs, ...rest } = execution;
      fills.push({ ...rest, clientOrderId: order.clientOrderId, side: order.side, feeUsd, executedAtMs: clock.toOurs(atMs) });
    }
    return {
      clientOrderId: order.clientOrderId,
      venueOrderId: order.venueOrderId,
      state: order.state,
      side: order.side,
      quantity: money(order.quantity),
      ...(order.type !== undefined && { type: order.type }),
      limitPriceUsd: order.limitPriceUsd,
      ...(order.stopPriceUsd !== undefined && { stopPriceUsd: order.stopPriceUsd }),
      executedQuantity: money(order.executedQuantity),
      fills,
      atMs: clock.toOurs(order.atMs),
    };
  }

  /** At the venue's price of the minute in which it was charged; null where the venue does not tell it now. */
  async valueUsd(asset: string, amount: string, venueMs: TimeMs): Promise<string | null> {
    const { client, quoteAsset } = this.#parts;
    try {
      return toText(money(amount).times(await client.price(asset, quoteAsset, venueMs)));
    } catch {
      return null;
    }
  }

  async #feeUsd({ feeAmount, feeAsset, priceUsd, atMs }: VenueExecution): Promise<string | null> {
    const { baseAsset, quoteAsset } = this.#parts;
    if (feeAsset === quoteAsset || money(feeAmount).eq(0)) return toText(money(feeAmount));
    if (feeAsset === baseAsset) return toText(money(feeAmount).times(priceUsd));
    return this.valueUsd(feeAsset, feeAmount, atMs);
  }
}
