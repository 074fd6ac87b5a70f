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

/** A compiled program at work, on a memory of its own. */
export interface Kernel<Calls> {
  readonly memory: KernelMemory;
  readonly calls: Calls;
}

const PAGE_BYTES = 65_536;
const MOST_PAGES = 65_536;

/** One of the programs below `wasm/`, compiled to WebAssembly with 128-bit SIMD. */
export class CompiledProgram<Calls> {
  readonly #base64: string;
  /** Kernels whose work has ended, for the next: memories are large, and are not given back soon. */
  readonly #idle: Kernel<Calls>[] = [];
  #found: { readonly names: WebAssemblyNames; readonly module: object } | null | undefined;

  /** @param base64 its bytes, which export what `Calls` names */
  constructor(base64: string) {
    this.#base64 = base64;
  }

  /** Whether this process runs it. Node does unless started with `--jitless`, or on a processor without SIMD. */
  get isUsable(): boolean {
    return this.#compiled() !== null;
  }

  /**
   * A kernel with room for so many bytes, whatever they held before; give it back when its work has ended.
   * @throws TypeError where the program is not usable, RangeError where there is no room
   */
  take(bytes: number): Kernel<Calls> {
    const kernel = this.#idle.pop() ?? this.#create();
    const missing = Math.ceil((bytes - kernel.memory.buffer.byteLength) / PAGE_BYTES);
    if (missing > 0) kernel.memory.grow(missing);
    return kernel;
  }

  giveBack(kernel: Kernel<Calls>): void {
    this.#idle.push(kernel);
  }

  #create(): Kernel<Calls> {
    const here = this.#compiled();
    if (here === null) throw new TypeError('this process does not run WebAssembly with SIMD');
    const memory = new here.names.Memory({ initial: 1, maximum: MOST_PAGES });
    const { exports } = new here.names.Instance(here.module, { env: { memory } });
    return { memory, calls: exports as Calls };
  }

  #compiled(): { readonly names: WebAssemblyNames; readonly module: object } | null {
    if (this.#found === undefined) {
      const names = (globalThis as { WebAssembly?: WebAssemblyNames }).WebAssembly;
      const bytes = Buffer.from(this.#base64, 'base64');
      this.#found = names?.validate(bytes) ? { names, module: new names.Module(bytes) } : null;
    }
    return this.#found;
  }
}
