import { randomUUID } from 'node:crypto'
import { createArtworkHandlers } from '../../functions/tracks/artwork-handlers.ts'
import { artworkRoutes } from '../../functions/tracks/artwork-routes.ts'
import type { Sql } from '../../lib/db/client.ts'
import { createApi } from '../../lib/http/api.ts'
import { createImageProcessing } from '../../lib/images/processing-service.ts'
import { createImageIntake } from '../../lib/images/scan-intake.ts'
import { createImageService } from '../../lib/images/service.ts'
import { serveMediaFrom } from '../../lib/media/delivery/open-url.ts'
import { readBucketEvent } from '../../lib/media/s3-events.ts'
import { type Clamd, createClamd } from '../../lib/media/scan/clamd.ts'
import { createScanService } from '../../lib/media/scan/service.ts'
import { covers } from '../../lib/playlists/cover.ts'
import { artworks } from '../../lib/tracks/artwork.ts'
import { createTrackService } from '../../lib/tracks/service.ts'
import { avatars } from '../../lib/users/avatar.ts'
import { call, unlimited } from './api.ts'
import type { createBuckets } from './tracks.ts'

export const mediaUrl = 'https://media.example'

export interface ImagesOptions {
  readonly buckets: ReturnType<typeof createBuckets>
  readonly socketPath: string
  readonly now: () => Date
}

/** Tracks as their function serves them, and the workers that pictures go through. */
export function composeImages(sql: Sql, { buckets, socketPath, now }: ImagesOptions) {
  serveMediaFrom(mediaUrl)
  const { uploads, media } = buckets
  const clamd: Pick<Clamd, 'ready' | 'scan' | 'definitions'> = createClamd({ socketPath, startPatienceMs: 0 })
  const intakes = [createImageIntake({ sql })]
  const scans = createScanService({ intakes, ...buckets, clamd, now })
  const pictures = createImageProcessing({ sql, media, holders: [avatars, artworks, covers], now })

  const api = { corsOrigins: [], takeCall: unlimited, verifyToken: async () => undefined }
  const artworkApi = createApi(
    artworkRoutes,
    createArtworkHandlers(createImageService({ sql, store: uploads, holder: artworks, now })),
    { service: 'tracks', ...api },
  )

  /** Bytes are put where they were granted a place; the message that tells of it. */
  const send = ({ upload_id }: { upload_id: string }, bytes: Buffer) =>
    uploads.arrive(`uploads/images/${upload_id}`, bytes)

  const scan = async (message: unknown) => {
    for (const object of readBucketEvent(message)) await scans.handle(object)
  }

  /** The message that tells of a clean original. */
  const originalOf = ({ upload_id }: { upload_id: string }) => media.eventOf(`originals/images/${upload_id}`)

  const draw = async (message: unknown) => {
    for (const object of readBucketEvent(message)) await pictures.handle(object)
  }

  return {
    ...buckets,
    send,
    scan,
    draw,
    originalOf,
    tracks: createTrackService({ sql, now }),
    callArtwork: <R extends (typeof artworkRoutes)[keyof typeof artworkRoutes]>(
      route: R,
      options: Parameters<typeof call<R>>[2],
    ) => call(artworkApi, route, options),

    /** All the way, as the queues would take it. */
    async pass(grant: { upload_id: string }, bytes: Buffer) {
      await scan(send(grant, bytes))
      const message = originalOf(grant)
      if (message) await draw(message)
    },
    keys: () => [...media.objects.keys()].sort(),
  }
}

export const requestOf = (
  bytes: Buffer,
  content_type: `image/${'png' | 'jpeg' | 'webp' | 'gif'}` = 'image/png',
) => ({
  filename: `picture-${randomUUID().slice(0, 8)}.png`,
  content_type,
  size_bytes: bytes.length,
})
