import { dayOf, firstOfMonth } from '../time.ts'
import type { Sql } from './client.ts'

/** Made before they begin, so that a month of failed runs loses nothing. */
export const monthsAhead = 3

export interface MonthlyTable {
  /** The functions of the database that make and drop its months. */
  readonly create: string
  readonly drop: string
  /** How long it goes back. */
  readonly monthsKept: number
}

/**
 * Makes the months to come of a table that is kept in parts, and drops those that are over their time; answers how
 * many it made and dropped.
 */
export async function keepMonths(sql: Sql, { create, drop, monthsKept }: MonthlyTable, now: Date) {
  const [row] = await sql<[{ changed: number }]>`
    select
      ${sql(create)}(${monthOf(now, 0)}::date, ${monthsAhead + 1})
      + ${sql(drop)}(${monthOf(now, -monthsKept)}::date) as changed
  `
  return row.changed
}

const monthOf = (now: Date, months: number) => dayOf(firstOfMonth(now, months))
