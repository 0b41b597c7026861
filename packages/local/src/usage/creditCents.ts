import { secondsOf, type UsageSession, vcpusOf } from "./usageMeter.js";

/** What an hour of one virtual processor costs here, in cents. */
export const centsPerVcpuHour = 5;

/** What runs cost within a period, in whole cents. */
export function creditCentsOf(sessions: readonly UsageSession[], from: number, to: number, now: number): number {
  const vcpuSeconds = sessions.reduce((sum, each) => sum + secondsOf(each, from, to, now) * vcpusOf(each), 0);
  return Math.ceil((vcpuSeconds / 3_600) * centsPerVcpuHour);
}
