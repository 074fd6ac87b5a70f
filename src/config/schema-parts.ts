import { z } from 'zod';

export const fraction = (low: number, high: number) => z.number().min(low).max(high);
export const count = (low: number, high: number) => z.number().int().min(low).max(high);
/** A part of the configuration that may be left out whole. */
export const section = <Shape extends z.core.$ZodLooseShape>(shape: Shape) => z.strictObject(shape).prefault({} as never);
export const decimalText = z
  .union([z.string(), z.number()])
  .transform(String)
  .refine((text) => /^\d+(\.\d+)?$/.test(text), 'expected a decimal amount such as 10000 or "0.25"');
