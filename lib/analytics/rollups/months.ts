import type { Sql } from '../../db/client.ts'
import { keepMonths } from '../../db/months.ts'

/** As long as the plays that they were taken from. */
const listenerDays = { create: 'create_listener_months', drop: 'drop_listener_months', monthsKept: 13 }

export const keepListenerMonths = (sql: Sql, now: Date) => keepMonths(sql, listenerDays, now)
