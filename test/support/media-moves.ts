import { allTrackRoutes as routes } from '../../functions/tracks/all-routes.ts'
import type { Route } from '../../lib/http/route.ts'
import { createAnalysisService } from '../../lib/media/analysis/service.ts'
import { createMetadataService } from '../../lib/media/metadata/service.ts'
import { createRedelivery } from '../../lib/media/redelivery.ts'
import { readBucketEvent, type WrittenObject } from '../../lib/media/s3-events.ts'
import { createScanService } from '../../lib/media/scan/service.ts'
import { createTrackIntake } from '../../lib/media/scan/track-intake.ts'
import { createMediaFates } from './media-fates.ts'
import { done, idle, type Lane, readers, tried } from './media-stage.ts'
import type { Move, Moves } from './moves.ts'
import { createStudio } from './studio.ts'

/** Everything that uploaders, workers, sweeps and moderators do to the files of few tracks, on one connection. */
export const createMediaMoves = (lane: Lane): Moves => ({
  ...peopleMoves(lane),
  ...teamMoves(lane),
  ...arrivalMoves(lane),
  ...workerMoves(lane),
  ...createMediaFates(lane),
})

function peopleMoves(lane: Lane): Moves {
  const { sql, people, chance, uploads, size_bytes } = lane
  const { pick } = chance
  const { as, createTrack } = createStudio(sql, () => new Date(), uploads)
  const read = readers(lane)
  const onTrack =
    (route: Route, body?: () => object): Move =>
    async () =>
      as(pick(people), route, {
        params: { track_id: (await read.track()) ?? nobody },
        ...(body && { body: body() }),
      })
  const onUpload =
    (route: Route, body?: object): Move =>
    async () => {
      const upload = await read.upload()
      return upload ? as(pick(people), route, { params: idsOf(upload), ...(body && { body }) }) : idle
    }
  const file = (size: number) => () => ({
    filename: 'a.wav',
    content_type: 'audio/wav',
    size_bytes: size,
    rights_confirmed: true,
  })
  return {
    createTrack: async () => {
      const [row] = await sql<
        [{ count: number }]
      >`select count(*)::int as count from tracks where deleted_at is null and owner_id = any(${people.map(({ id }) => id)}::uuid[])`
      return row.count > 2 ? idle : tried(createTrack(pick(people), { visibility: 'public' }))
    },
    requestUpload: onTrack(routes.requestUpload, file(size_bytes)),
    requestLargeUpload: onTrack(routes.requestUpload, file(101 * 1024 ** 2)),
    completeUpload: onUpload(routes.completeUpload, {}),
    abortUpload: onUpload(routes.abortUpload),
    retryUpload: onUpload(routes.retryUpload),
    activate: async () => {
      const version = await read.version()
      return version
        ? as(pick(people), routes.activateVersion, {
            params: { track_id: version.track_id, version_id: version.version_id },
          })
        : idle
    },
    deleteTrack: onTrack(routes.deleteTrack),
    restoreTrack: onTrack(routes.restoreTrack),
  }
}

/** Who works on a track comes and goes. */
function teamMoves(lane: Lane): Moves {
  const {
    people,
    chance: { pick },
  } = lane
  const { invite, accept, remove } = createStudio(lane.sql)
  const read = readers(lane)
  return {
    letIn: async () => {
      const [track_id, user] = [await read.track(), pick(people)]
      if (!track_id) return idle
      await invite(pick(people), track_id, user)
      return accept(user, track_id)
    },
    putOut: async () => {
      const track_id = await read.track()
      return track_id ? remove(pick(people), track_id, pick(people)) : idle
    },
  }
}

/** What the buckets do: an object comes, and its message, or one that came before. */
function arrivalMoves(lane: Lane): Moves {
  const { sql, uploads, media, scanQueue, metadataQueue, files, chance } = lane
  const { pick } = chance
  const read = readers(lane)
  const queue = (messages: unknown[]) => ({
    send: async (sent: readonly { id: string; body: string }[]) => {
      messages.push(...sent.map(({ body }) => JSON.parse(body)))
      return sent.map(({ id }) => id)
    },
  })
  const redeliver = createRedelivery({
    sql,
    scanQueue: queue(scanQueue),
    metadataQueue: queue(metadataQueue),
  })
  return {
    arrive: async () => {
      const upload = await read.upload()
      if (!upload) return idle
      scanQueue.push(uploads.arrive(upload.object_key, pick(files)))
      return done
    },
    arriveInLibrary: async () => {
      const keys = [...media.objects.keys()].filter((key) => key.startsWith('originals/'))
      const event = keys.length > 0 && media.eventOf(pick(keys.slice(-8)))
      if (event) metadataQueue.push(event)
      return event ? done : idle
    },
    redeliver: async () => {
      const [event] = await sql<{ payload: { upload_id: string } }[]>`
        delete from outbox where id in (
          select id from outbox where type = 'upload.redeliver' order by id limit 1 for update skip locked
        ) returning payload
      `
      return event ? tried(redeliver(event.payload.upload_id)) : idle
    },
  }
}

function workerMoves(lane: Lane): Moves {
  const { sql, uploads, media, scanQueue, metadataQueue, chance } = lane
  const read = readers(lane)
  const scans = createScanService({
    intakes: [createTrackIntake({ sql })],
    uploads,
    media,
    clamd: {
      ready: async () => {},
      definitions: async () => 'set-1',
      scan: async (source) => {
        for await (const _ of source);
        return chance.below(8) === 0 ? { verdict: 'infected', signature: 'Test' } : { verdict: 'clean' }
      },
    },
  })
  const metadata = createMetadataService({ sql, media, relay, artwork: { take: async () => {} } })
  const analyses = createAnalysisService({
    sql,
    media,
    listen: async () => heard,
    clip: async () => Buffer.of(1),
  })
  const taking =
    (queue: unknown[], work: (object: WrittenObject) => Promise<unknown>): Move =>
    async () => {
      const last = queue.slice(-10)
      const [object] = last.length === 0 ? [] : readBucketEvent(chance.pick(last))
      return object ? tried(work(object)) : idle
    }
  return {
    scan: taking(scanQueue, scans.handle),
    scanAgain: taking(scanQueue, scans.handle),
    giveUpScan: taking(scanQueue, (object) => scans.giveUp(object, new Error('clamd is away'))),
    inspect: taking(metadataQueue, metadata.handle),
    inspectAgain: taking(metadataQueue, metadata.handle),
    giveUpInspection: taking(metadataQueue, metadata.giveUp),
    analyse: async () => {
      const version = await read.version()
      return version ? tried(analyses.handle(version.version_id)) : idle
    },
  }
}

const nobody = '0199f0f0-0000-7000-8000-000000000001'

const idsOf = ({ track_id, upload_id }: { track_id: string; upload_id: string }) => ({ track_id, upload_id })

const relay = { flushSoon: async () => {} }

const waveform = {
  version: 2,
  channels: 1,
  sample_rate: 48_000,
  samples_per_pixel: 480,
  bits: 8,
  length: 1,
  data: [0, 0],
}
const heard = {
  duration_ms: 1_000,
  loudest_ms: 0,
  loudness: null,
  tempo: null,
  key: null,
  overview: waveform,
  detail: waveform,
} as never
