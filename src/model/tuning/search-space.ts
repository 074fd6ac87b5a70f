import { z } from 'zod';
import { ModelError } from '../../domain/index.ts';

const rangeSchema = z
  .strictObject({
    low: z.number(),
    high: z.number(),
    /** `log` spreads trials evenly over orders of magnitude. */
    scale: z.enum(['linear', 'log']).default('linear'),
    integer: z.boolean().default(false),
  })
  .refine(({ low, high }) => low < high, 'low must be below high')
  .refine(({ low, scale }) => scale === 'linear' || low > 0, 'a logarithmic scale needs low above 0')
  .refine(
    ({ low, high, integer }) => !integer || (Number.isInteger(low) && Number.isInteger(high)),
    'an integer needs whole bounds',
  );

const choiceSchema = z.strictObject({ choices: z.array(z.union([z.number(), z.string()])).min(2) });

/** Learners whose settings can be searched and set. */
export const TUNED_LEARNERS = ['gradient-boosted-trees', 'random-forest', 'extra-trees', 'logistic-regression'] as const;
export type TunedLearner = (typeof TUNED_LEARNERS)[number];

/** The text of a search space file: which learner, what to try, and what every trial has in common. */
export const searchSpaceSchema = z
  .strictObject({
    learner: z.enum(TUNED_LEARNERS),
    parameters: z
      .record(z.string(), z.union([rangeSchema, choiceSchema]))
      .refine((parameters) => Object.keys(parameters).length > 0, 'there is nothing to search'),
    /** Settings that are the same in every trial. */
    fixed: z.record(z.string(), z.number()).default({}),
    /** What the first trial tries: the shipped settings. */
    defaults: z.record(z.string(), z.union([z.number(), z.string()])).default({}),
  })
  .superRefine(({ parameters, defaults }, context) => {
    for (const [name, value] of Object.entries(defaults)) {
      const parameter = parameters[name];
      if (parameter === undefined || !isInside(parameter, value))
        context.addIssue({ code: 'custom', path: ['defaults', name], message: 'the default is not in the range of a parameter' });
    }
  });

export type Parameter = z.infer<typeof rangeSchema> | z.infer<typeof choiceSchema>;
export type SearchSpace = z.infer<typeof searchSpaceSchema>;
export type ParameterValues = Readonly<Record<string, number | string>>;

/** @throws ModelError `tuning.space_invalid` with the path that is wrong */
export function parseSearchSpace(document: unknown, name: string): SearchSpace {
  const parsed = searchSpaceSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'document'}: ${message}`);
  throw new ModelError('tuning.space_invalid', `${name} is not a search space: ${problems.join('; ')}`, {
    details: { problems },
  });
}

function isInside(parameter: Parameter, value: number | string): boolean {
  if ('choices' in parameter) return parameter.choices.includes(value);
  const { low, high, integer } = parameter;
  return typeof value === 'number' && value >= low && value <= high && (!integer || Number.isInteger(value));
}

/** How many values a parameter that is a choice has; `null` for a range. */
export const choicesOf = (parameter: Parameter): number | null => ('choices' in parameter ? parameter.choices.length : null);

/** Where a value stands: 0..1 along the scale of a range, the number of a choice. */
export function toCoordinate(parameter: Parameter, value: number | string): number {
  if ('choices' in parameter) return parameter.choices.indexOf(value);
  const [low, high] = edges(parameter);
  return (scaled(parameter, Number(value)) - low) / (high - low);
}

/** The value at a coordinate; whole numbers share the scale evenly. */
export function fromCoordinate(parameter: Parameter, coordinate: number): number | string {
  if ('choices' in parameter) return parameter.choices[Math.min(parameter.choices.length - 1, Math.floor(coordinate))]!;
  const [from, to] = edges(parameter);
  const at = from + coordinate * (to - from);
  const value = parameter.scale === 'log' ? Math.exp(at) : at;
  const rounded = parameter.integer ? Math.round(value) : value;
  return Math.min(parameter.high, Math.max(parameter.low, rounded));
}

const scaled = ({ scale }: z.infer<typeof rangeSchema>, value: number): number => (scale === 'log' ? Math.log(value) : value);

/** A whole number owns half a step on each side of it. */
function edges(range: z.infer<typeof rangeSchema>): [number, number] {
  const half = range.integer ? 0.5 : 0;
  return [scaled(range, range.low - half), scaled(range, range.high + half)];
}
