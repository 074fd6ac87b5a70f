/** One thing in which the exchange and the journal do not agree. */
export interface Difference {
  /**
   * foreign_order: an open order that is not ours. own_order_unknown: one with an id of our making that the journal does
   * not know. ended_order_open: one of ours that is open there and has ended in the journal. foreign_fill: an execution of
   * an order that is not ours. own_fill_unknown: one of an order with an id of our making that the journal does not have, or
   * has for another order. fill_missing: one of ours that the journal lacks. balance_missing: less at the exchange than
   * the journal says the system owns. position_differs: a position in a perpetual that is not the journal's.
   */
  readonly kind:
    | 'foreign_order'
    | 'own_order_unknown'
    | 'ended_order_open'
    | 'foreign_fill'
    | 'own_fill_unknown'
    | 'fill_missing'
    | 'balance_missing'
    | 'position_differs';
  /** The id of the order or of the execution, or the asset. */
  readonly subject: string;
  readonly journal: string;
  readonly venue: string;
  /** Whether there is a harmless reason; a difference without one has to halt trading. */
  readonly explained: boolean;
  /** What was done about it; `failed` where the exchange did not cancel it, or it could not be adopted. */
  readonly action: 'shown' | 'halted' | 'cancelled' | 'adopted' | 'failed';
}
