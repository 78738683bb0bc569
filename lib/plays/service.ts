import type { LoadKeys } from '../auth/key-ring.ts'
import { addToCount } from '../counts/counts.ts'
import type { Sql } from '../db/client.ts'
import { hourMs } from '../time.ts'
import { noteInHistory } from './history-repository.ts'
import { type IssuedPlay, verifyPlayToken } from './play-token.ts'
import {
  claimWindow,
  extendPlay,
  findPlayedVersion,
  insertPlay,
  type NewPlay,
  type PlayedVersion,
} from './repository.ts'
import type { PlayReport, PlayResult } from './schemas.ts'

export interface PlayDependencies {
  readonly sql: Sql
  readonly loadKeys: LoadKeys
  readonly now?: () => Date
}

export type PlayService = ReturnType<typeof createPlayService>

/** What counts as a play: half a minute of it, or half of what is shorter than a minute. */
const enoughMs = 30_000
/** Who plays the same again within its own length has not played it twice; within these bounds. */
const shortestWindowMs = 30_000
const longestWindowMs = hourMs
const completeShare = 0.9

const done = (status: PlayResult['status'], code: PlayResult['code'] = null): PlayResult => ({ status, code })

/** Takes down what was listened to, as the stream server reports it. Each report may come any number of times. */
export function createPlayService({ sql, loadKeys, now = () => new Date() }: PlayDependencies) {
  const record = (play: NewPlay, version: PlayedVersion): Promise<PlayResult> =>
    sql.begin(async (tx) => {
      const listener = play.user_id ?? play.visitor ?? play.session_id
      const is_counted = await claimWindow(tx, { ...play, listener, window_ms: windowOf(version) })
      if (!(await insertPlay(tx, { ...play, is_counted }))) {
        await extendPlay(tx, play)
        return done('duplicate')
      }
      const { user_id, track_id, started_at } = play
      if (user_id) await noteInHistory(tx, { user_id, track_id, last_played_at: started_at })
      if (is_counted) await addToCount(tx, 'play_count', track_id, 1)
      return done(is_counted ? 'counted' : 'repeated')
    })

  const report = async ({ play_token, listened_ms, started_at }: PlayReport): Promise<PlayResult> => {
    const at = now()
    const play = await verifyPlayToken(loadKeys, play_token, at)
    if (!play) return done('refused', 'invalid_token')
    const share = play.share_id === undefined ? undefined : { id: play.share_id, at }
    const version = await findPlayedVersion(sql, play, { id: play.user_id, share })
    if (!version) return done('refused', 'not_found')
    if (listened_ms < leastOf(version)) return done('too_short')
    const { duration_ms } = version
    const is_complete = duration_ms !== null && listened_ms >= completeShare * duration_ms
    const began = started_at ? startOf(play, started_at, at) : play.issued_at
    return record({ ...play, started_at: began, listened_ms, is_complete, is_counted: false }, version)
  }

  return {
    /** One after the other, so that reports of one batch meet each other in their order. */
    async report(reports: readonly PlayReport[]): Promise<PlayResult[]> {
      const results: PlayResult[] = []
      for (const one of reports) results.push(await report(one))
      return results
    },
  }
}

const leastOf = ({ duration_ms }: PlayedVersion) => Math.min(enoughMs, (duration_ms ?? Infinity) / 2)

const windowOf = ({ duration_ms }: PlayedVersion) =>
  Math.min(Math.max(duration_ms ?? longestWindowMs, shortestWindowMs), longestWindowMs)

/** Nothing begins before its stream was issued, or after now, whatever another clock says. */
const startOf = ({ issued_at }: IssuedPlay, reported: Date, now: Date) =>
  new Date(
    Math.min(Math.max(reported.getTime(), issued_at.getTime()), Math.max(now.getTime(), issued_at.getTime())),
  )
