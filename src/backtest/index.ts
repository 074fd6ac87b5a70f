export * from './fixed-signals.ts';
export * from './metrics/index.ts';
export * from './report/index.ts';
