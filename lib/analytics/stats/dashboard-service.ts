import type { Actor } from '../../auth/actor.ts'
import type { Sql } from '../../db/client.ts'
import type { SalesSummary } from '../../sales/schemas.ts'
import type { SalesService } from '../../sales/service.ts'
import { findAsOf } from '../rollups/as-of.ts'
import { boundsOf, comparedWith, type Range, readInterval, readRange, showRange } from './ranges.ts'
import {
  findFirstDay,
  findListeners,
  findRetention,
  type Listeners,
  listProductSums,
  listTopTracks,
  type ProductSums,
  type Subject,
} from './repository.ts'
import { toCurve } from './retention-curve.ts'
import type { Dashboard, StatsQuery, TopTrack } from './schemas.ts'
import {
  areListenersKnown,
  readBreakdowns,
  readDays,
  readSeries,
  readSums,
  type SubjectSums,
} from './subject-stats.ts'
import { changeOf, filteredOf, ownerFiguresOf, ratio } from './totals.ts'

export interface DashboardDependencies {
  readonly sql: Sql
  readonly sales: Pick<SalesService, 'sumUp'>
  readonly now?: () => Date
}

export type DashboardService = ReturnType<typeof createDashboardService>

const longest = 20

/** The figures of all that somebody owns. */
export function createDashboardService({ sql, sales, now = () => new Date() }: DashboardDependencies) {
  const addSales = async (actor: Actor, range: Range, { days, sums, userCount }: SubjectSums) => {
    const sold = await sales.sumUp(actor, boundsOf(range))
    const saleCount = sold.totals.reduce((sum, { sale_count }) => sum + sale_count, 0)
    return { days, sums, sold, totals: ownerFiguresOf(sums, userCount, saleCount) }
  }

  /** Null where it is not known any more who listened. */
  const readListeners = async (ownerId: string, range: Range, at: Date) =>
    areListenersKnown(range, at) ? findListeners(sql, ownerId, range, longest) : null

  const readPresent = async (actor: Actor, subject: Subject, range: Range, listeners: Listeners | null) => {
    const { days, sums } = await readDays(sql, subject, range)
    const userCount = sums.user_count === 0 ? 0 : (listeners?.user_count ?? null)
    return addSales(actor, range, { days, sums, userCount })
  }

  const readBefore = async (actor: Actor, subject: Subject, range: Range, at: Date) =>
    addSales(actor, range, await readSums(sql, subject, range, at))

  const readTop = async (ownerId: string, range: Range) => {
    const tracks = await listTopTracks(sql, ownerId, range, longest)
    const first = tracks[0]
    const isPlayed = first !== undefined && first.play_count > 0
    return {
      top_tracks: tracks.map(
        ({ id, ...track }): TopTrack => ({
          ...track,
          track_id: id,
          completion_rate: ratio(track.complete_count, track.play_count),
        }),
      ),
      retention: isPlayed ? toCurve(await findRetention(sql, first.id, range)) : null,
    }
  }

  return {
    async get(actor: Actor, query: StatsQuery): Promise<Dashboard> {
      const at = now()
      const subject = { owner_id: actor.id, track_id: undefined }
      const range = await readRange(query, at, () => findFirstDay(sql, subject))
      const interval = readInterval(query, range)
      const as_of = await findAsOf(sql, at)
      const listeners = await readListeners(actor.id, range, at)
      const { days, sums, sold, totals } = await readPresent(actor, subject, range, listeners)
      const before = comparedWith(query, range)
      const previous = before && (await readBefore(actor, subject, before, at))
      return {
        as_of,
        range: showRange(range),
        interval,
        totals,
        previous: previous
          ? {
              range: showRange(before),
              totals: previous.totals,
              change: changeOf(totals, previous.totals),
            }
          : null,
        series: await readSeries(sql, subject, { range, interval, days, now: at }),
        ...(await readTop(actor.id, range)),
        top_listeners: listeners?.top_listeners ?? null,
        ...(await readBreakdowns(sql, subject, { range, sums, now: at })),
        sales: {
          totals: sold.totals,
          previous_totals: previous ? previous.sold.totals : null,
          by_day: sold.by_day,
        },
        products: joinProducts(await listProductSums(sql, actor.id, range, longest), sold),
        filtered: filteredOf(sums),
      }
    },
  }
}

/** Those that were looked at most, and those that were sold without. */
function joinProducts(viewed: readonly ProductSums[], { by_product }: SalesSummary): Dashboard['products'] {
  const saleCounts = new Map<string, number>()
  for (const { product_id, sale_count } of by_product) {
    saleCounts.set(product_id, (saleCounts.get(product_id) ?? 0) + sale_count)
  }
  const isViewed = new Set(viewed.map(({ product_id }) => product_id))
  const titles = new Map(by_product.map(({ product_id, title }) => [product_id, title]))
  const unseen = [...titles].filter(([product_id]) => !isViewed.has(product_id))
  const all = [
    ...viewed,
    ...unseen.map(([product_id, title]) => ({ product_id, title, view_count: 0, checkout_count: 0 })),
  ]
  return all.slice(0, longest).map((product) => {
    const sale_count = saleCounts.get(product.product_id) ?? 0
    return { ...product, sale_count, conversion_rate: ratio(sale_count, product.view_count) }
  })
}
