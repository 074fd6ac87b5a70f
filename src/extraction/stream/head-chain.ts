import type { ChainHead } from './parse-node-message.ts';

/** What a head does to the chain as it was known. */
export type HeadVerdict =
  | { readonly kind: 'known' }
  /** It is on top of a known block. `undone` are those that are no longer in the chain, oldest first. */
  | { readonly kind: 'linked'; readonly undone: readonly ChainHead[] }
  /** Its parent is not known: that one has to come first. */
  | { readonly kind: 'orphan'; readonly parentHash: string };

/** Newest blocks that are remembered: reorganisations of the main network were never a tenth as deep. */
const REMEMBERED = 256;

/** The newest blocks of the chain, each the child of the one before. */
export class HeadChain {
  #blocks: ChainHead[] = [];

  /** Mean time between the remembered blocks; `undefined` with less than two. */
  get spacingMs(): number | undefined {
    const [first, last] = [this.#blocks[0], this.#blocks.at(-1)];
    return first && last && last.number > first.number ? (last.timeMs - first.timeMs) / (last.number - first.number) : undefined;
  }

  /** Forgets everything: the next head is the first. */
  reset(): void {
    this.#blocks = [];
  }

  take(head: ChainHead): HeadVerdict {
    const [first] = this.#blocks;
    if (first === undefined || head.number <= first.number) {
      if (this.#blocks.some(({ hash }) => hash === head.hash)) return { kind: 'known' };
      const undone = this.#blocks;
      this.#blocks = [head];
      return { kind: 'linked', undone };
    }
    if (this.#at(head.number)?.hash === head.hash) return { kind: 'known' };
    if (this.#at(head.number - 1)?.hash !== head.parentHash) return { kind: 'orphan', parentHash: head.parentHash };
    const undone = this.#blocks.splice(head.number - first.number);
    this.#blocks.push(head);
    if (this.#blocks.length > REMEMBERED) this.#blocks = this.#blocks.slice(-REMEMBERED);
    return { kind: 'linked', undone };
  }

  #at(number: number): ChainHead | undefined {
    const [first] = this.#blocks;
    return first && this.#blocks[number - first.number];
  }
}
