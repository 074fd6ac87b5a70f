import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { TimeMs } from '../domain/index.ts';
import { type CrashHook, noCrash } from './crash-point.ts';
import { isCode, syncFolder, writeFileAtomically } from './durable-file.ts';

const haltSchema = z.object({ by: z.string(), why: z.string(), atMs: z.int() }).readonly();

/** Who halted trading, why and when. */
export type Halt = z.infer<typeof haltSchema>;

/**
 * The halt as a file in the data directory: it survives restarts, every process beside the daemon sees it, and a person
 * can make it by hand. A file that cannot be read as a halt is one all the same.
 */
export class HaltSwitch {
  readonly path: string;
  readonly #crash: CrashHook;

  constructor(path: string, crash: CrashHook = noCrash) {
    this.path = path;
    this.#crash = crash;
  }

  /** The halt in force, if any; read from the disk each time. */
  async current(): Promise<Halt | undefined> {
    let text: string;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (error) {
      if (isCode(error, 'ENOENT')) return undefined;
      throw error;
    }
    return readHalt(text);
  }

  /** Halts trading; an earlier halt keeps its reason. */
  async halt(by: string, why: string, atMs: TimeMs): Promise<Halt> {
    const earlier = await this.current();
    if (earlier !== undefined) return earlier;
    await mkdir(dirname(this.path), { recursive: true });
    await this.#crash('halt.before_write');
    await writeFileAtomically(this.path, `${JSON.stringify({ by, why, atMs })}\n`);
    await this.#crash('halt.after_write');
    return { by, why, atMs };
  }

  /** Allows trading again. @returns the halt that was in force */
  async resume(): Promise<Halt | undefined> {
    const halt = await this.current();
    if (halt === undefined) return undefined;
    await rm(this.path, { force: true });
    await syncFolder(dirname(this.path));
    return halt;
  }
}

function readHalt(text: string): Halt {
  try {
    return haltSchema.parse(JSON.parse(text));
  } catch {
    return { by: 'file', why: text.trim().slice(0, 200) || 'a halt file without a reason', atMs: 0 };
  }
}
