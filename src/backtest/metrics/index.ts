export * from './baselines.ts';
export * from './bootstrap-interval.ts';
export * from './deflated-sharpe.ts';
export * from './drawdown.ts';
export { mean } from './moments.ts';
export * from './performance-metrics.ts';
export * from './returns.ts';
export * from './sharpe-ratio.ts';
export * from './trade-statistics.ts';
