import { type Handlers, Reply, seeOther } from '../../lib/http/route.ts'
import type { SoundService } from '../../lib/tracks/playback/sound-service.ts'
import { shareHeader } from '../../lib/tracks/shares/schemas.ts'
import type { soundRoutes } from './sound-routes.ts'

export function createSoundHandlers(sounds: SoundService): Handlers<typeof soundRoutes> {
  return {
    getWaveform: async ({ actor, params, query, headers }) => {
      const found = await sounds.waveform(actor, params.track_id, headers[shareHeader])
      const kept = { 'cache-control': found.is_open ? forAMinute : 'private, no-cache' }
      if (query.resolution === 'detail') return seeOther(found.detail_url, kept)
      return new Reply(found.overview, { etag: `"${found.waveform_sha256}"`, headers: kept })
    },
    getPreview: async ({ actor, params, headers }) => {
      const preview = await sounds.preview(actor, params.track_id, headers[shareHeader])
      return new Reply(preview, { headers: { 'cache-control': 'no-store' } })
    },
  }
}

/** Of what anybody may see: so long may it be seen after somebody took it back, or chose another version. */
const forAMinute = 'public, max-age=60'
