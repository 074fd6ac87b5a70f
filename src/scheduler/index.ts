export { latestWeeklyMs, type WeeklyTime } from './weekly.ts';
