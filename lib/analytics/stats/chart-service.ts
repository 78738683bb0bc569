import type { Actor } from '../../auth/actor.ts'
import type { Sql } from '../../db/client.ts'
import { findDrawing, listChart } from './chart-repository.ts'
import type { Chart, ChartQuery } from './chart-schemas.ts'

export interface ChartDependencies {
  readonly sql: Sql
}

export type ChartService = ReturnType<typeof createChartService>

/** What is played most, of what the caller may come upon now. */
export const createChartService = ({ sql }: ChartDependencies) => ({
  async get(actor: Actor | undefined, { period, genre, limit }: ChartQuery): Promise<Chart> {
    const as_of = await findDrawing(sql, period)
    const tracks = await listChart(sql, { id: actor?.id }, { period, genre, limit })
    return {
      period,
      genre: genre ?? null,
      as_of,
      data: tracks.map((track, at) => ({ ...track, position: at + 1 })),
    }
  },
})
