import type { Actor } from '../auth/actor.ts'
import type { Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { pageById } from '../http/id-page.ts'
import { dayMs, earlier } from '../time.ts'
import { listOwnSales, type Period, sumSales } from './repository.ts'
import type { ListSales, SalesSummary, SummarizeSales } from './schemas.ts'

export interface SalesDependencies {
  readonly sql: Sql
  readonly now?: () => Date
}

export type SalesService = ReturnType<typeof createSalesService>

const usualMs = 30 * dayMs
const longestMs = 366 * dayMs

/** What a seller sold. */
export const createSalesService = ({ sql, now = () => new Date() }: SalesDependencies) => {
  /** Of a period of any length. */
  const sumUp = async ({ id }: Actor, period: Period): Promise<SalesSummary> => {
    const rows = await sumSales(sql, id, period)
    return {
      from: period.from,
      to: period.to,
      time_zone: 'UTC',
      totals: rows.filter((row) => row.product_id === null && row.day === null),
      by_product: rows.flatMap(({ product_id, title, ...row }) =>
        product_id === null ? [] : [{ ...row, product_id, title: title! }],
      ),
      by_day: rows.flatMap(({ day, ...row }) => (day === null ? [] : [{ ...row, day }])),
    }
  }

  return {
    sumUp,

    list({ id }: Actor, { limit, cursor, ...filters }: ListSales) {
      const scope = `sales:${id}:${JSON.stringify(filters)}`
      return pageById(scope, { limit, cursor }, (before, many) =>
        listOwnSales(sql, id, filters, before, many),
      )
    },

    async summarize(actor: Actor, { product_id, ...query }: SummarizeSales): Promise<SalesSummary> {
      const to = query.to ?? now()
      const from = query.from ?? earlier(to, usualMs)
      requirePeriod(from, to)
      return sumUp(actor, { from, to, product_id })
    },
  }
}

function requirePeriod(from: Date, to: Date): void {
  const length = to.getTime() - from.getTime()
  if (length > 0 && length <= longestMs) return
  const detail = 'A period begins before its end and is a year long at most'
  throw new AppError('validation_failed', undefined, {
    errors: [{ pointer: '#/query/from', code: 'invalid_period', detail }],
  })
}
