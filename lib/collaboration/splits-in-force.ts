import type { Db } from '../db/client.ts'
import type { Share } from './splits-repository.ts'

/** By which what a track earns is paid out: 10000 in all, everything the owner's where nothing was agreed on. */
export async function findSplitsInForce(db: Db, trackId: string): Promise<Share[]> {
  return db<Share[]>`
    select e.user_id, e.split_bps
    from split_sheets s
    join split_entries e on e.sheet_id = s.id
    where s.track_id = ${trackId} and s.status = 'in_force' and e.split_bps > 0
    union all
    select t.owner_id, 10000
    from tracks t
    where t.id = ${trackId}
      and not exists (select from split_sheets s where s.track_id = t.id and s.status = 'in_force')
    order by 2 desc, 1
  `
}
