/** What of a user's row says whether they are shut out. */
export interface Suspension {
  readonly suspended_at: Date | null
  /** Without it until somebody lifts it. */
  readonly suspended_until: Date | null
}

/** One with an end lifts itself: no job has to run for it. */
export const isSuspended = ({ suspended_at, suspended_until }: Suspension, now: Date): boolean =>
  suspended_at !== null && (suspended_until === null || now < suspended_until)
