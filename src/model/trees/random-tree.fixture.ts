import type { Rng } from '../../domain/index.ts';
import { type TreeSet, TreeSetBuilder } from './tree-set.ts';

/** A tree of random splits of whole numbers from -1 to 1, at most `depth` deep, with a random number in each leaf. */
export function randomTree(rng: Rng, columns: number, depth: number): TreeSet {
  const builder = new TreeSetBuilder();
  builder.beginTree();
  grow(builder.addNode(), 0);
  return builder.finish();

  function grow(node: number, level: number): void {
    if (level === depth || (level > 0 && rng() < 0.15)) {
      builder.setLeaf(node, [2 * rng() - 1], 1);
      return;
    }
    const [left, right] = [builder.addNode(), builder.addNode()];
    builder.split(node, Math.floor(rng() * columns), Math.floor(rng() * 3) - 1, rng() < 0.5, left, right);
    grow(left, level + 1);
    grow(right, level + 1);
  }
}
