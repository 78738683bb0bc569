import * as z from 'zod/mini'
import { timestamp } from '../../http/route.ts'
import { line } from '../../text.ts'

const chartPeriods = ['day', 'week', 'month', 'all'] as const

export const chartQuery = z.strictObject({
  period: z._default(z.enum(chartPeriods), 'week'),
  genre: z.optional(line(50)),
  limit: z._default(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(100)), 50),
})
export type ChartQuery = z.output<typeof chartQuery>

export const chart = z.object({
  period: z.enum(chartPeriods),
  genre: z.nullable(z.string()),
  /** When it was drawn up; null where it never was. */
  as_of: z.nullable(timestamp),
  data: z.array(
    z.object({
      position: z.int(),
      track_id: z.uuid(),
      title: z.string(),
      artist: z.object({ id: z.uuid(), username: z.string(), display_name: z.string() }),
      genre: z.nullable(z.string()),
      play_count: z.int(),
    }),
  ),
})
export type Chart = z.output<typeof chart>
