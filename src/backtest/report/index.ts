export * from './performance-text.ts';
export * from './render-live-report.ts';
export * from './render-report.ts';
export * from './report-data.ts';
