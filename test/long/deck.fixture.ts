import type { Rng } from '../../src/domain/index.ts';

/** A pack that is shuffled, dealt to its end, and shuffled again: in no order, and nothing is left out. */
export class Deck<Card> {
  readonly #cards: readonly Card[];
  readonly #rng: Rng;
  #left: Card[] = [];

  constructor(cards: readonly Card[], rng: Rng) {
    this.#cards = cards;
    this.#rng = rng;
  }

  deal(): Card {
    if (this.#left.length === 0) this.#left = this.#shuffled();
    return this.#left.pop()!;
  }

  /** Fisher and Yates. */
  #shuffled(): Card[] {
    const cards = [...this.#cards];
    for (let last = cards.length - 1; last > 0; last--) {
      const other = Math.floor(this.#rng() * (last + 1));
      [cards[last], cards[other]] = [cards[other]!, cards[last]!];
    }
    return cards;
  }
}
