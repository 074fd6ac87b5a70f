import { SourceError } from '../../domain/index.ts';

/**
 * The body as UTF-8 text, read no further than `maxBytes` after decompression. A body whose length is announced, and which
 * is not compressed, cannot be longer than that, and is taken in one go.
 * @throws SourceError `http.too_large`, `http.cut` (the connection ended inside the body)
 */
export async function readBody(response: Response, maxBytes: number, where: string): Promise<string> {
  const { headers } = response;
  const bytes = Number(headers.get('content-length') ?? Number.NaN);
  if (bytes <= maxBytes && headers.get('content-encoding') === null) {
    return response.text().catch((cause) => {
      throw cut(where, cause);
    });
  }
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
        throw cut(where, cause);
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

const cut = (where: string, cause: unknown) =>
  new SourceError('http.cut', `${where}: the connection was cut inside the reply`, { cause });
