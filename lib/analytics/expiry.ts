import type { Sql } from '../db/client.ts'
import { keepMonths } from '../db/months.ts'

/** What is summed up of them is kept for ever. */
const events = { create: 'create_analytics_months', drop: 'drop_analytics_months', monthsKept: 13 }
const listens = { create: 'create_listen_months', drop: 'drop_listen_months', monthsKept: 13 }

export const keepEventMonths = (sql: Sql, now: Date) => keepMonths(sql, events, now)

export const keepListenMonths = (sql: Sql, now: Date) => keepMonths(sql, listens, now)
