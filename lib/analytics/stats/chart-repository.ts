import type { Db } from '../../db/client.ts'
import { isListed, trackTables, type Viewer } from '../../tracks/visibility.ts'
import { personOf } from '../../users/person.ts'
import type { Chart, ChartQuery } from './chart-schemas.ts'

type Place = Omit<Chart['data'][number], 'position'>

/** Those that have become hidden since it was drawn up are left out, and others move up. */
export const listChart = (db: Db, viewer: Viewer, { period, genre, limit }: ChartQuery) => db<Place[]>`
  select t.id as track_id, t.title, ${personOf(db, 'o')} as artist, t.genre, c.play_count
  from charts c
  join ${trackTables(db, viewer)} on t.id = c.track_id
  where c.period = ${period} and c.genre = fold(${genre ?? ''}) and ${isListed(db, viewer)}
  order by c.position
  limit ${limit}
`

export async function findDrawing(db: Db, period: string): Promise<Date | null> {
  const [row] = await db<[{ made_at: Date }?]>`
    select made_at from chart_drawings where period = ${period} and made_at > '-infinity'
  `
  return row?.made_at ?? null
}
