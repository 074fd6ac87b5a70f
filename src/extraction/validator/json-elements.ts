import { SourceError } from '../../domain/index.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** A single element longer than this is not what we came for. */
const MAX_ELEMENT_BYTES = 64 * 1024;

/**
 * The objects of the array `data` in a long JSON reply `{"data": [{...}, {...}]}`, one by one and in constant memory.
 * Everything outside that array is read over. Bytes may be cut anywhere.
 * @throws SourceError `json.element_invalid`, `json.incomplete` where the reply ends inside the array or has none
 */
export async function* readDataElements(chunks: AsyncIterable<Uint8Array>, where: string): AsyncGenerator<unknown> {
  const scanner = new ElementScanner(where);
  for await (const chunk of chunks) yield* scanner.push(chunk);
  scanner.end();
}

class ElementScanner {
  readonly #where: string;
  /** Bytes of an element, or of the key, that began in an earlier chunk. */
  #carry: Uint8Array[] = [];
  #carried = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #key = '';
  #dataDepth = -1;
  #closed = false;

  constructor(where: string) {
    this.#where = where;
  }

  *push(chunk: Uint8Array): Generator<unknown> {
    let start = this.#isInElement() ? 0 : -1;
    let keyStart = this.#inString && this.#depth === 1 ? 0 : -1;
    for (let i = 0; i < chunk.length; i += 1) {
      const byte = chunk[i]!;
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) {
          this.#inString = false;
          if (keyStart >= 0) {
            this.#key += latin1(chunk.subarray(keyStart, i));
            keyStart = -1;
          }
        } else {
          const next = nextSpecial(chunk, i);
          i = next - 1;
        }
        continue;
      }
      if (byte === QUOTE) {
        this.#inString = true;
        if (this.#depth === 1) {
          keyStart = i + 1;
          this.#key = '';
        }
      } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        this.#depth += 1;
        if (byte === OPEN_BRACKET && this.#depth === 2 && this.#key === 'data') this.#dataDepth = 2;
        else if (byte === OPEN_BRACE && this.#dataDepth === 2 && this.#depth === 3) start = i;
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        if (byte === CLOSE_BRACE && this.#dataDepth === 2 && this.#depth === 3) {
          yield this.#element(chunk.subarray(start, i + 1));
          start = -1;
        }
        if (byte === CLOSE_BRACKET && this.#depth === this.#dataDepth) {
          this.#dataDepth = -1;
          this.#closed = true;
        }
        this.#depth -= 1;
      }
    }
    if (keyStart >= 0) this.#key += latin1(chunk.subarray(keyStart));
    if (start >= 0) this.#keep(chunk.subarray(start));
  }

  end(): void {
    if (this.#closed && this.#depth === 0) return;
    const what = this.#closed || this.#dataDepth === 2 ? 'ends too early' : 'holds no list `data`';
    throw new SourceError('json.incomplete', `${this.#where}: the reply ${what}`, { details: { retryable: true } });
  }

  #isInElement(): boolean {
    return this.#carried > 0;
  }

  #keep(bytes: Uint8Array): void {
    this.#carry.push(bytes.slice());
    this.#carried += bytes.length;
    if (this.#carried <= MAX_ELEMENT_BYTES) return;
    throw new SourceError('json.element_invalid', `${this.#where}: an element is longer than ${MAX_ELEMENT_BYTES} bytes`);
  }

  #element(bytes: Uint8Array): unknown {
    const text = this.#carried === 0 ? latin1(bytes) : Buffer.concat([...this.#carry, bytes]).toString('latin1');
    this.#carry = [];
    this.#carried = 0;
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new SourceError('json.element_invalid', `${this.#where}: an element of the list is no JSON`, {
        details: { retryable: true },
        cause,
      });
    }
  }
}

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');

/** Place of the next quote or backslash from `from` on; the end where there is none. */
function nextSpecial(chunk: Uint8Array, from: number): number {
  const quote = chunk.indexOf(QUOTE, from);
  const end = quote < 0 ? chunk.length : quote;
  for (let i = from; i < end; i += 1) if (chunk[i] === BACKSLASH) return i;
  return end;
}
