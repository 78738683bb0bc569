import type { Sql } from '../db/client.ts'
import { keepMonths } from '../db/months.ts'

const trail = { create: 'create_audit_months', drop: 'drop_audit_months', monthsKept: 24 }

export const keepAuditMonths = (sql: Sql, now: Date) => keepMonths(sql, trail, now)
