/** Shows how far a long piece of work has come. On anything but a terminal it stays silent. */
export interface Progress {
  /** @param share 0..1, absent where it is not known */
  update(text: string, share?: number): void;
  end(): void;
}

const SILENT: Progress = { update: () => undefined, end: () => undefined };
const BAR_WIDTH = 24;
const REDRAW_MS = 80;

export function createProgress(stream: NodeJS.WriteStream): Progress {
  if (!stream.isTTY) return SILENT;
  let drawnAtMs = Number.NEGATIVE_INFINITY;
  return {
    update(text, share) {
      const now = performance.now();
      if (now - drawnAtMs < REDRAW_MS && share !== 1) return;
      drawnAtMs = now;
      const filled = Math.round((share ?? 0) * BAR_WIDTH);
      const bar =
        share === undefined ? '' : `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${Math.round(share * 100)}% `;
      stream.write(`\r\x1b[2K${bar}${text}`.slice(0, (stream.columns ?? 100) + 5));
    },
    end() {
      if (drawnAtMs > 0) stream.write('\r\x1b[2K');
    },
  };
}
