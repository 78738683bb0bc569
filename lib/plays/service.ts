import type { LoadKeys } from '../auth/key-ring.ts'
import type { Sql } from '../db/client.ts'
import { isComplete, leastOf } from './counting.ts'
import { type IssuedPlay, verifyPlayToken } from './play-token.ts'
import { findPlayedVersion, recordPlay } from './recording.ts'
import type { PlayReport, PlayResult } from './schemas.ts'

export interface PlayDependencies {
  readonly sql: Sql
  readonly loadKeys: LoadKeys
  readonly now?: () => Date
}

export type PlayService = ReturnType<typeof createPlayService>

const done = (status: PlayResult['status'], code: PlayResult['code'] = null): PlayResult => ({ status, code })

/** Takes down what was listened to, as the stream server reports it. Each report may come any number of times. */
export function createPlayService({ sql, loadKeys, now = () => new Date() }: PlayDependencies) {
  const report = async ({ play_token, listened_ms, started_at }: PlayReport): Promise<PlayResult> => {
    const at = now()
    const play = await verifyPlayToken(loadKeys, play_token, at)
    if (!play) return done('refused', 'invalid_token')
    const share = play.share_id === undefined ? undefined : { id: play.share_id, at }
    const version = await findPlayedVersion(sql, play, { id: play.user_id, share })
    if (!version) return done('refused', 'not_found')
    const { duration_ms, owner_id } = version
    if (listened_ms < leastOf(duration_ms)) return done('too_short')
    const { client } = play
    const reported = {
      ...play,
      owner_id,
      started_at: started_at ? startOf(play, started_at, at) : play.issued_at,
      listened_ms,
      is_complete: isComplete(listened_ms, duration_ms),
      is_anonymous: client?.is_anonymous ?? false,
      filtered: client?.filter,
      source: undefined,
      country: client?.country,
      device: client?.device,
    }
    return done(await sql.begin((tx) => recordPlay(tx, reported, version, at)))
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

/** Nothing begins before its stream was issued, or after now, whatever another clock says. */
const startOf = ({ issued_at }: IssuedPlay, reported: Date, now: Date) =>
  new Date(
    Math.min(Math.max(reported.getTime(), issued_at.getTime()), Math.max(now.getTime(), issued_at.getTime())),
  )
