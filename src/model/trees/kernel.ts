import { SEARCH_BLOCK } from './search-block-bytes.ts';

/** The little of WebAssembly that is used here; its types come with those of browsers. */
interface WebAssemblyNames {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: Readonly<Record<string, unknown>> };
  Memory: new (size: { initial: number; maximum: number; shared: true }) => KernelMemory;
}

/** Shared memory: it can be sent to another thread, and only grows. */
export interface KernelMemory {
  readonly buffer: SharedArrayBuffer;
  grow(pages: number): number;
}

/** The compiled search of one block, on one memory. */
export interface Kernel {
  readonly memory: KernelMemory;
  readonly searchBlock: (task: number, block: number, scratch: number) => void;
}

const PAGE_BYTES = 65_536;
const MOST_PAGES = 65_536;

const names = (globalThis as { WebAssembly?: WebAssemblyNames }).WebAssembly;
let compiled: object | null = null;

/** Whether this process runs WebAssembly: Node does unless started with `--jitless`. */
export const hasKernel = (): boolean => names !== undefined;

/** Binds the compiled search to a memory, a new one unless given. */
export function createKernel(memory?: KernelMemory): Kernel {
  if (names === undefined) throw new TypeError('this process runs no WebAssembly');
  compiled ??= new names.Module(Buffer.from(SEARCH_BLOCK, 'base64'));
  const bound = memory ?? new names.Memory({ initial: 1, maximum: MOST_PAGES, shared: true });
  const { exports } = new names.Instance(compiled, { env: { memory: bound } });
  return { memory: bound, searchBlock: exports['searchBlock'] as Kernel['searchBlock'] };
}

/** Lets a memory grow to so many bytes. @throws RangeError where there is no room */
export function reserve({ memory }: Kernel, bytes: number): void {
  const missing = Math.ceil((bytes - memory.buffer.byteLength) / PAGE_BYTES);
  if (missing > 0) memory.grow(missing);
}
