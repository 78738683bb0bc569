import type { Db, Sql } from '../db/client.ts'
import { dayMs, earlier } from '../time.ts'
import { mostPlaysOfNetwork, mostPlaysOfUser } from './counting.ts'
import { reportedWithinMs } from './play-token.ts'
import type { NewPlay } from './repository.ts'

type Played = Pick<NewPlay, 'client' | 'user_id' | 'issued_at' | 'is_anonymous'>

/** Counts a play for whoever it came from; answers whether that is more than anybody listens to. */
export async function isOverRate(tx: Db, play: Played): Promise<boolean> {
  const rates = ratesOf(play)
  if (rates.length === 0) return false
  const rows = await tx<{ subject: string; play_count: number }[]>`
    insert into play_rates as kept (subject, since, play_count)
    select subject, since, 1
    from unnest(
      ${rates.map(({ subject }) => subject)}::text[],
      ${rates.map(({ since }) => since.toISOString())}::timestamptz[]
    ) as rate (subject, since)
    order by subject, since
    on conflict (subject, since) do update set play_count = kept.play_count + 1
    returning subject, play_count
  `
  const most = new Map(rates.map(({ subject, plays }) => [subject, plays]))
  return rows.some(({ subject, play_count }) => play_count > most.get(subject)!)
}

/** By when the streams were issued, which is ours to say: when they were played is what clients say. */
function ratesOf({ client, user_id, issued_at, is_anonymous }: Played) {
  const network = client && { subject: `network:${client.network}`, ...mostPlaysOfNetwork }
  const user = user_id && !is_anonymous ? { subject: `user:${user_id}`, ...mostPlaysOfUser } : undefined
  return [network, user]
    .filter((rate) => rate !== undefined)
    .map(({ subject, plays, window_ms }) => ({ subject, plays, since: beginningOf(issued_at, window_ms) }))
}

const beginningOf = (time: Date, window_ms: number) =>
  new Date(Math.floor(time.getTime() / window_ms) * window_ms)

/** Of streams that nobody can report any more: a count that began anew before would let as many in again. */
export async function deleteOldRates(sql: Sql, now: Date): Promise<number> {
  const { count } = await sql`
    delete from play_rates
    where (subject, since) in (
      select subject, since from play_rates where since < ${earlier(now, reportedWithinMs + dayMs)} limit 5000 for update skip locked
    )
  `
  return count
}
