/** One thing in which the exchange and the journal do not agree. */
export interface Difference {
  /**
   * foreign_order: an open order that is not ours. own_order_unknown: one with an id of our making that the journal does
   * not know. balance_missing: less at the exchange than the journal says the system owns. position_differs: a position in
   * a perpetual that is not the journal's.
   */
  readonly kind: 'foreign_order' | 'own_order_unknown' | 'balance_missing' | 'position_differs';
  /** The order's id or the asset. */
  readonly subject: string;
  readonly journal: string;
  readonly venue: string;
  /** Whether there is a harmless reason; a difference without one has to halt trading. */
  readonly explained: boolean;
  /** What was done about it; `failed` where the exchange did not cancel it, or it could not be adopted. */
  readonly action: 'shown' | 'halted' | 'cancelled' | 'adopted' | 'failed';
}
