import type { Sql } from '../db/client.ts'

/** Made before they begin, so that a month of failed runs loses nothing. */
export const monthsAhead = 3
/** How long the audit trail goes back. */
const monthsKept = 24

/** Makes the months to come of the audit trail and drops those that are over their time. */
export async function keepAuditMonths(sql: Sql, now: Date): Promise<{ made: number; dropped: number }> {
  const [row] = await sql<[{ made: number; dropped: number }]>`
    select
      create_audit_months(${firstOfMonth(now, 0)}::date, ${monthsAhead + 1}) as made,
      drop_audit_months(${firstOfMonth(now, -monthsKept)}::date) as dropped
  `
  return row
}

const firstOfMonth = (now: Date, months: number) =>
  new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months, 1)).toISOString().slice(0, 10)
