import { SourceError } from '../../domain/index.ts';

/**
 * The body as UTF-8 text, read no further than `maxBytes` after decompression.
 * @throws SourceError `http.too_large`, `http.cut` (the connection ended inside the body)
 */
export async function readBody(response: Response, maxBytes: number, where: string): Promise<string> {
  const decoder = new TextDecoder();
  const parts: string[] = [];
  for await (const chunk of readChunks(response, maxBytes, where)) parts.push(decoder.decode(chunk, { stream: true }));
  parts.push(decoder.decode());
  return parts.join('');
}

/** As `readBody`, in pieces, for replies too long to hold. */
export async function* readChunks(response: Response, maxBytes: number, where: string): AsyncGenerator<Uint8Array> {
  if (!response.body) return;
  const reader = response.body.getReader();
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause) => {
        throw new SourceError('http.cut', `${where}: the connection was cut inside the reply after ${bytes} bytes`, { cause });
      });
      if (done) return;
      bytes += value.byteLength;
      if (bytes > maxBytes) {
        throw new SourceError('http.too_large', `${where}: the reply is longer than ${maxBytes} bytes`, {
          details: { maxBytes },
        });
      }
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
