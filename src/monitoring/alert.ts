import { z } from 'zod';

export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

export const alertSchema = z
  .object({
    /** Stable name, such as `job_failed`; its runbook in docs/operations.md bears it. */
    name: z.string(),
    severity: z.enum(SEVERITIES),
    title: z.string(),
    detail: z.string(),
    atMs: z.int(),
    /** Alerts with the same key are one; `name` unless told. */
    key: z.string(),
    simulated: z.boolean(),
  })
  .readonly();

/** Something a person should know. */
export type Alert = z.infer<typeof alertSchema>;

/** One line for people. Whatever comes from a simulated world says so. */
export const alertText = ({ severity, title, detail, simulated }: Alert): string =>
  `${simulated ? 'SIMULATED ' : ''}${severity.toUpperCase()}: ${title}${detail === '' ? '' : `\n${detail}`}`;
