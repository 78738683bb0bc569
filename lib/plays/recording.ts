import { markDirtyHours } from '../analytics/dirty-hours.ts'
import { addToCount } from '../counts/counts.ts'
import type { Db } from '../db/client.ts'
import { windowOf } from './counting.ts'
import { noteInHistory } from './history-repository.ts'
import { isOverRate } from './rates.ts'
import {
  claimWindow,
  disqualifyPlay,
  extendPlay,
  findPlayedVersion,
  insertPlay,
  markListen,
  markPlay,
  type NewPlay,
  type PlayedVersion,
} from './repository.ts'

export { findPlayedVersion, type NewPlay, type PlayedVersion }

/** `counted` · `repeated` the listener had just played it · `filtered` it is kept and does not count · `duplicate` known. */
export type Recorded = 'counted' | 'repeated' | 'filtered' | 'duplicate'

/**
 * The one way to a play, whoever reports it: long enough, seen to be so by the caller. Each may come any number of
 * times, from the stream server and from the player; it is one play.
 */
export async function recordPlay(tx: Db, play: NewPlay, version: PlayedVersion, now: Date) {
  const { recorded, times } = await record(tx, play, version)
  await markDirtyHours(tx, times, now)
  return recorded
}

async function record(tx: Db, play: NewPlay, version: PlayedVersion): Promise<Outcome> {
  if (!(await insertPlay(tx, play))) {
    // Whoever has just written the play did not see what this transaction gathered of it.
    await markListen(tx, play)
    const extended = await extendPlay(tx, play)
    const disqualified = play.filtered && (await disqualify(tx, play, play.filtered))
    const times = [...extended, ...(disqualified ? [disqualified] : [])].map(({ started_at }) => started_at)
    return { recorded: 'duplicate', times }
  }
  await markListen(tx, play)
  const filtered = play.filtered ?? ((await isOverRate(tx, play)) ? 'rate' : undefined)
  const isRepeated = filtered !== undefined || !(await claim(tx, play, version))
  if (filtered || !isRepeated) await markPlay(tx, play, { is_counted: !isRepeated, filtered })
  await note(tx, play, filtered !== undefined)
  if (!isRepeated) await addToCount(tx, 'play_count', play.track_id, 1)
  return { recorded: filtered ? 'filtered' : isRepeated ? 'repeated' : 'counted', times: [play.started_at] }
}

interface Outcome {
  readonly recorded: Recorded
  readonly times: readonly Date[]
}

const claim = (tx: Db, play: NewPlay, { duration_ms }: PlayedVersion) =>
  claimWindow(tx, { ...play, listener: listenerOf(play), window_ms: windowOf(duration_ms) })

const listenerOf = ({ is_anonymous, client, id, user_id, visitor, session_id }: NewPlay): string =>
  is_anonymous ? (client?.listener ?? id) : (user_id ?? visitor ?? session_id)

/** Their own list of what they played last, which they empty themselves; of a play that is nobody's there is none. */
async function note(tx: Db, { user_id, track_id, started_at, is_anonymous }: NewPlay, isFiltered: boolean) {
  if (user_id && !is_anonymous && !isFiltered)
    await noteInHistory(tx, { user_id, track_id, last_played_at: started_at })
}

async function disqualify(tx: Db, play: NewPlay, filtered: NonNullable<NewPlay['filtered']>) {
  const disqualified = await disqualifyPlay(tx, play, filtered)
  if (disqualified?.was_counted) await addToCount(tx, 'play_count', play.track_id, -1)
  return disqualified
}
