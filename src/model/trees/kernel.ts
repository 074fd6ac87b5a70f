import { GROW_TREE } from './grow-tree-bytes.ts';

/** The little of WebAssembly that is used here; its types come with those of browsers. */
interface WebAssemblyNames {
  readonly validate: (bytes: Uint8Array) => boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Readonly<Record<string, unknown>> };
  readonly Memory: new (size: { initial: number; maximum: number }) => KernelMemory;
}

/** Memory that only grows; growing detaches the buffer before. */
interface KernelMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** The compiled grower, on a memory of its own. */
export interface Kernel {
  readonly memory: KernelMemory;
  /** Grows one tree on so many rows. @returns its number of leaves */
  readonly growTree: (rows: number) => number;
}

const PAGE_BYTES = 65_536;
const MOST_PAGES = 65_536;

/** WebAssembly where it is there and has what the grower was compiled to: 128-bit SIMD. */
function usable(names: WebAssemblyNames | undefined): { readonly names: WebAssemblyNames; readonly module: object } | null {
  const bytes = Buffer.from(GROW_TREE, 'base64');
  return names?.validate(bytes) ? { names, module: new names.Module(bytes) } : null;
}

let found: ReturnType<typeof usable> | undefined;
const compiled = (): ReturnType<typeof usable> => {
  found ??= usable((globalThis as { WebAssembly?: WebAssemblyNames }).WebAssembly);
  return found;
};

/** Whether this process runs the compiled grower. Node does unless started with `--jitless`, or on a processor without SIMD. */
export const hasKernel = (): boolean => compiled() !== null;

/** The compiled grower with a new memory. @throws TypeError where `hasKernel` says no */
export function createKernel(): Kernel {
  const here = compiled();
  if (here === null) throw new TypeError('this process does not run WebAssembly with SIMD');
  const memory = new here.names.Memory({ initial: 1, maximum: MOST_PAGES });
  const { exports } = new here.names.Instance(here.module, { env: { memory } });
  return { memory, growTree: exports.growTree as Kernel['growTree'] };
}

/** Lets a memory grow to so many bytes. @throws RangeError where there is no room */
export function reserve({ memory }: Kernel, bytes: number): void {
  const missing = Math.ceil((bytes - memory.buffer.byteLength) / PAGE_BYTES);
  if (missing > 0) memory.grow(missing);
}
