export { type DueRun, dailyJob, type Job, nextRun, weeklyJob } from './job.ts';
export { latestWeeklyMs } from './weekly.ts';
