import type { ModelRegistry } from '../../model/index.ts';
import type { AppParts } from '../app-parts.ts';

/** Health of one part, and what to do about it. */
export interface HealthCheck {
  readonly name: string;
  readonly status: 'ok' | 'degraded' | 'down';
  readonly detail: string;
  /** What to do where it is not well. */
  readonly remedy: string | null;
  /** What it is about, where a part can be unwell for several reasons: people are told of each. */
  readonly subject?: string;
}

/** Looks at one part of a data directory. An `AppError` that it throws means that the part is down. */
export interface HealthProbe {
  readonly name: string;
  look(parts: AppParts, registry: ModelRegistry): Promise<Omit<HealthCheck, 'name'>>;
}

export const ok = (detail: string) => ({ status: 'ok', detail, remedy: null }) as const;
export const degraded = (detail: string, remedy: string) => ({ status: 'degraded', detail, remedy }) as const;
export const down = (detail: string, remedy: string) => ({ status: 'down', detail, remedy }) as const;
