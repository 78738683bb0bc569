import type { Db } from '../db/client.ts'

export const mostTries = 8

/** The clocks of those who write down that something is due and of those who do it differ by less. */
export const claimSlackMs = 5_000

/**
 * When a row that is being taken for its next try is due again: after 1, 5, 15 minutes, then every hour. It is said
 * beforehand, so that what a killed worker had comes back by itself, and no other delivery takes it meanwhile: a try
 * takes half a minute at most.
 */
export const nextDue = (db: Db, now: Date) => db`
  ${now}::timestamptz + make_interval(mins => case tries when 0 then 1 when 1 then 5 when 2 then 15 else 60 end)
`
