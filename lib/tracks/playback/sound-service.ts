import type { Actor } from '../../auth/actor.ts'
import type { Sql } from '../../db/client.ts'
import { AppError } from '../../errors.ts'
import type { MediaLinks } from '../../media/delivery/media-links.ts'
import { streamSeconds } from '../../media/streams/streaming.ts'
import { createViewers } from '../viewers.ts'
import { findPreview, findWaveform } from './sound-repository.ts'

export interface SoundDependencies {
  readonly sql: Sql
  readonly links: MediaLinks
  readonly now?: () => Date
}

export type SoundService = ReturnType<typeof createSoundService>

/** What was made of the version that plays, for whoever sees the track or holds a secret link to it. */
export function createSoundService({ sql, links, now = () => new Date() }: SoundDependencies) {
  const viewerOf = createViewers({ sql, now })

  return {
    async waveform(actor: Actor | undefined, trackId: string, shareToken: string | undefined) {
      const track = await findWaveform(sql, await viewerOf(actor, shareToken), trackId)
      if (!track) throw new AppError('not_found')
      const { is_open, waveform_sha256, overview, detail_key, failure } = track
      if (!waveform_sha256 || !overview || !detail_key) {
        throw new AppError('waveform_not_ready', failure ? 'The file could not be listened to' : undefined)
      }
      return { is_open, waveform_sha256, overview, detail_url: links.open(detail_key) }
    },

    /** While it is being made anew the one before plays on. */
    async preview(actor: Actor | undefined, trackId: string, shareToken: string | undefined) {
      const track = await findPreview(sql, await viewerOf(actor, shareToken), trackId)
      if (!track) throw new AppError('not_found')
      const { version_id, object_key, start_ms, duration_ms } = track
      if (!version_id) throw new AppError('track_not_ready')
      if (object_key === null || start_ms === null || duration_ms === null) {
        throw new AppError('preview_not_ready')
      }
      const expires_at = new Date(1000 * (Math.floor(now().getTime() / 1000) + streamSeconds(duration_ms)))
      return { url: await links.sign(object_key, { expires_at }), expires_at, start_ms, duration_ms }
    },
  }
}
