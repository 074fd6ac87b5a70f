export { BackgroundLane } from './background-lane.ts';
export { parseDueTimes } from './due-times.ts';
export { type DueRun, dailyJob, type Job, latestRun, nextRun, timedJob, weeklyJob } from './job.ts';
export { latestWeeklyMs } from './weekly.ts';
