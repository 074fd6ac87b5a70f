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
  let begun: { readonly atMs: number; readonly share: number } | undefined;
  return {
    update(text, share) {
      const now = performance.now();
      if (share !== undefined && (begun === undefined || share < begun.share)) begun = { atMs: now, share };
      if (now - drawnAtMs < REDRAW_MS && share !== 1) return;
      drawnAtMs = now;
      const filled = Math.round((share ?? 0) * BAR_WIDTH);
      const bar =
        share === undefined
          ? ''
          : `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${Math.round(share * 100)}% ${begun ? timeLeft(now - begun.atMs, begun.share, share) : ''}`;
      stream.write(`\r\x1b[2K${bar}${text}`.slice(0, (stream.columns ?? 100) + 5));
    },
    end() {
      if (drawnAtMs > 0) stream.write('\r\x1b[2K');
    },
  };
}

/** How long the rest takes if it goes on as so far; nothing in the first seconds, which say little. */
function timeLeft(elapsedMs: number, from: number, share: number): string {
  if (elapsedMs < 2_000 || share <= from) return '';
  const seconds = Math.round((elapsedMs / 1_000 / (share - from)) * (1 - share));
  return seconds >= 120 ? `${Math.round(seconds / 60)} min left ` : `${seconds} s left `;
}
