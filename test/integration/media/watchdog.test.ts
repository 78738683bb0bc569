import { trackRoutes } from '../../../functions/tracks/routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { connect } from '../../../lib/db/client.ts'
import { createMetadataService } from '../../../lib/media/metadata/service.ts'
import { reasons } from '../../../lib/media/reasons.ts'
import { createRedelivery } from '../../../lib/media/redelivery.ts'
import { readBucketEvent } from '../../../lib/media/s3-events.ts'
import { createScanService } from '../../../lib/media/scan/service.ts'
import { beginScan, createTrackIntake } from '../../../lib/media/scan/track-intake.ts'
import { failStuck, redeliverStuck } from '../../../lib/media/watchdog.ts'
import { later, minuteMs } from '../../../lib/time.ts'
import { createTrackDeletionService } from '../../../lib/tracks/deletion-service.ts'
import { makeAudio } from '../../support/audio.ts'
import { useDatabase } from '../../support/database.ts'
import { createTrackApi } from '../../support/track-api.ts'
import { createBuckets, grantUpload, seedActor, seedUpload, statesOf } from '../../support/tracks.ts'

const { sql, settings } = useDatabase()
const wav = await makeAudio('wav')

let at: Date
const now = () => at
const pass = (minutes: number) => {
  at = later(at, minutes * minuteMs)
}
beforeEach(async () => {
  // What other tests have left stuck is not meant.
  await sql`update uploads set status = 'failed' where status in ('scanning', 'processing')`
  await sql`delete from outbox`
  at = new Date()
})

const watch = async () => {
  const failed = await failStuck(sql, at)
  return { failed, redelivered: await redeliverStuck(sql, at) }
}

const clean = {
  ready: async () => {},
  definitions: async () => 'set-1',
  scan: async (source: AsyncIterable<Uint8Array>) => {
    for await (const _ of source);
    return { verdict: 'clean' as const }
  },
}

/** An upload whose file has arrived, the workers, and the queues between them. */
async function prepare() {
  const buckets = createBuckets()
  const actor = await seedActor(sql)
  const upload = await seedUpload(sql, buckets, actor, { file: wav })
  const queues: Record<'scan' | 'metadata', unknown[]> = { scan: [], metadata: [] }
  const queue = (name: keyof typeof queues) => ({
    send: async (messages: readonly { id: string; body: string }[]) => {
      queues[name].push(...messages.map(({ body }) => JSON.parse(body)))
      return messages.map(({ id }) => id)
    },
  })
  const redeliver = createRedelivery({ sql, scanQueue: queue('scan'), metadataQueue: queue('metadata') })
  const scans = createScanService({ intakes: [createTrackIntake({ sql })], ...buckets, clamd: clean, now })
  const relay = { flushSoon: async () => {} }
  const metadata = createMetadataService({
    sql,
    media: buckets.media,
    relay,
    artwork: { take: async () => {} },
    now,
  })
  const deliver = async (message: unknown = upload.event) => {
    for (const object of readBucketEvent(message)) await scans.handle(object)
  }
  const api = createTrackApi(sql, now)
  return {
    ...buckets,
    actor,
    upload,
    queues,
    scans,
    metadata,
    deliver,
    states: () => statesOf(sql, upload),
    reasonsTold: async () => {
      const rows = await sql<{ reason: string | null }[]>`
        select reason from upload_events where upload_id = ${upload.upload_id} order by id
      `
      return rows.map(({ reason }) => reason)
    },
    /** What the relay and the worker of events do. */
    async relayAll() {
      const events = await sql<{ payload: { upload_id: string } }[]>`
        delete from outbox where type = 'upload.redeliver' returning payload
      `
      for (const { payload } of events) await redeliver(payload.upload_id)
    },
    async inspect(message: unknown) {
      for (const object of readBucketEvent(message)) await metadata.handle(object)
    },
    retry: (as: Actor = actor) =>
      api.request(trackRoutes.retryUpload, as, {
        params: { track_id: upload.track_id, upload_id: upload.upload_id },
      }),
    read: () =>
      api.request(trackRoutes.getUpload, actor, {
        params: { track_id: upload.track_id, upload_id: upload.upload_id },
      }),
  }
}
type World = Awaited<ReturnType<typeof prepare>>

/** A scan whose bytes cannot be read. */
async function breakScan({ uploads, deliver }: World) {
  uploads.failNext('getStream')
  await expect(deliver()).rejects.toThrow('getStream fails')
}

const objectOf = ({ upload }: World) => readBucketEvent(upload.event)[0]!

const failScan = async (world: World) => {
  await breakScan(world)
  await world.scans.giveUp(objectOf(world), new Error('clamd is away'))
}

describe('a step that stands still', () => {
  test('is sent on after 20 minutes, once, and goes through', async () => {
    const world = await prepare()
    await breakScan(world)

    pass(19)
    expect(await watch()).toEqual({ failed: 0, redelivered: 0 })
    pass(2)
    expect(await watch()).toEqual({ failed: 0, redelivered: 1 })
    expect(await watch()).toEqual({ failed: 0, redelivered: 0 })
    await world.relayAll()

    expect(world.queues).toMatchObject({ scan: [expect.anything()], metadata: [] })
    await world.deliver(world.queues.scan[0])
    expect(await world.states()).toMatchObject({ upload: 'processing' })
    expect(await world.reasonsTold()).toEqual([null, null, 'redelivered', null])
  })

  test('is given up after 20 minutes more, where its uploader can see it', async () => {
    const world = await prepare()
    await breakScan(world)
    pass(21)
    await watch()
    await breakScan(world)
    pass(19)
    expect(await watch()).toMatchObject({ failed: 0 })
    pass(2)

    expect(await watch()).toEqual({ failed: 1, redelivered: 0 })

    expect(await world.states()).toMatchObject({ track: 'failed', upload: 'failed', reason: 'scan_failed' })
    expect((await world.read()).body).toMatchObject({
      status: 'failed',
      status_reason: 'scan_failed',
      status_detail: reasons.scan_failed.detail,
      can_retry: true,
    })
    expect(world.uploads.objects.size).toBe(1)
  })

  test.each(['scan', 'metadata'] as const)(
    'is not given up for hours of %s while its message waits behind others, and goes through in its turn',
    async (step) => {
      const world = await prepare()
      if (step === 'metadata') await world.deliver()
      else await beginScan(sql, { ...world.upload, id: world.upload.upload_id }, objectOf(world), at)
      pass(21)
      expect(await watch()).toEqual({ failed: 0, redelivered: 1 })
      for (let hour = 0; hour < 12; hour++) {
        pass(60)
        expect(await watch()).toEqual({ failed: 0, redelivered: 0 })
      }

      if (step === 'metadata') await world.inspect(world.media.eventOf([...world.media.objects.keys()][0]!))
      else await world.deliver()

      expect(await world.states()).toMatchObject({ upload: step === 'scan' ? 'processing' : 'transcoding' })
    },
  )

  test('is given up after a day in which nobody took it up', async () => {
    const world = await prepare()
    await breakScan(world)
    pass(21)
    await watch()
    pass(24 * 60 - 1)
    expect(await watch()).toEqual({ failed: 0, redelivered: 0 })
    pass(2)
    expect(await watch()).toEqual({ failed: 1, redelivered: 0 })
    expect(await world.states()).toMatchObject({ upload: 'failed', reason: 'scan_failed' })
  })

  test('between verdict and copy is not given up as long as the copy is tried', async () => {
    const world = await prepare()
    const failCopy = async () => {
      world.media.failNext('copyFrom')
      await expect(world.deliver()).rejects.toThrow('copyFrom fails')
    }
    await failCopy()
    for (const minutes of [15, 15, 15]) {
      pass(minutes)
      await failCopy()
      expect(await watch()).toEqual({ failed: 0, redelivered: 0 })
    }
  })

  test('is left alone while its queue still tries it', async () => {
    const world = await prepare()
    await breakScan(world)
    for (const minutes of [15, 15, 15]) {
      pass(minutes)
      await breakScan(world)
      expect(await watch()).toEqual({ failed: 0, redelivered: 0 })
    }
  })

  test('between verdict and copy is the scanner’s still', async () => {
    const world = await prepare()
    world.media.failNext('copyFrom')
    await expect(world.deliver()).rejects.toThrow('copyFrom fails')
    pass(21)
    await watch()
    await world.relayAll()

    await world.deliver(world.queues.scan[0])

    expect(await world.states()).toMatchObject({ upload: 'processing' })
    expect(world.media.objects.size).toBe(1)
    expect(world.uploads.objects.size).toBe(0)
  })

  test('after the copy is sent to whoever looks into it, and is given up as such', async () => {
    const world = await prepare()
    await world.deliver()
    pass(21)
    await watch()
    await world.relayAll()
    expect(world.queues.scan).toEqual([])
    world.media.failNext('getRange')
    await expect(world.inspect(world.queues.metadata[0])).rejects.toThrow('cannot be read')
    pass(21)
    expect(await watch()).toMatchObject({ failed: 1 })
    expect(await world.states()).toMatchObject({ upload: 'failed', reason: 'metadata_failed' })

    expect((await world.retry()).status).toBe(202)
    await world.relayAll()
    await world.inspect(world.queues.metadata.at(-1))
    expect(await world.states()).toMatchObject({ upload: 'transcoding' })
  })

  test('is sent on and given up once, however many watch', async () => {
    const world = await prepare()
    await breakScan(world)
    const others = [connect(settings), connect(settings), connect(settings)]

    pass(21)
    const sent = await Promise.all(others.map((own) => redeliverStuck(own, at)))
    await breakScan(world)
    pass(21)
    const failed = await Promise.all(others.map((own) => failStuck(own, at)))
    await Promise.all(others.map((own) => own.end()))

    expect([...sent].sort()).toEqual([0, 0, 1])
    expect([...failed].sort()).toEqual([0, 0, 1])
  })
})

describe('after the last try', () => {
  test('of a scan the upload has failed, its file stays, and a late message takes it up again', async () => {
    const world = await prepare()
    await failScan(world)
    expect(await world.states()).toMatchObject({ upload: 'failed', reason: 'scan_failed' })
    expect(world.uploads.objects.size).toBe(1)

    await world.deliver()

    expect(await world.states()).toMatchObject({ upload: 'processing', reason: null })
    expect(world.media.objects.size).toBe(1)
  })

  test('a late message does nothing where another upload is under way', async () => {
    const world = await prepare()
    await failScan(world)
    const request = { filename: 'b.wav', content_type: 'audio/wav', size_bytes: 10 } as const
    await grantUpload(sql, world.uploads, world.actor, world.upload.track_id, {
      ...request,
      allow_duplicate: false,
      verify_parts: false,
    })

    await world.deliver()

    expect(await world.states()).toMatchObject({ upload: 'failed', reason: 'scan_failed' })
    expect(world.media.objects.size).toBe(0)
  })

  test('of an inspection the upload has failed', async () => {
    const world = await prepare()
    await world.deliver()
    const [key] = world.media.objects.keys()
    const [object] = readBucketEvent(world.media.eventOf(key!))
    world.media.failNext('getRange')
    await expect(world.metadata.handle(object!)).rejects.toThrow('cannot be read')

    await world.metadata.giveUp(object!)

    expect(await world.states()).toMatchObject({ upload: 'failed', reason: 'metadata_failed' })
  })
})

describe('a retry', () => {
  test('takes the upload up again, and says so at once', async () => {
    const world = await prepare()
    await failScan(world)

    const answer = await world.retry()

    expect(answer).toMatchObject({
      status: 202,
      body: { status: 'scanning', status_reason: null, can_retry: false },
    })
    await world.relayAll()
    await world.deliver(world.queues.scan[0])
    expect(await world.states()).toEqual({
      track: 'processing',
      upload: 'processing',
      reason: null,
      timeline: ['uploading', 'scanning', 'failed', 'scanning', 'processing'],
    })
  })

  test('by two at the same time is one', async () => {
    const world = await prepare()
    await failScan(world)
    const answers = await Promise.all([world.retry(), world.retry(), world.retry()])
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409])
    await world.relayAll()
    expect(world.queues.scan).toHaveLength(1)
  })

  test('is possible again after it has failed again', async () => {
    const world = await prepare()
    await failScan(world)
    expect((await world.retry()).status).toBe(202)
    await world.scans.giveUp(objectOf(world), new Error('still away'))
    expect((await world.retry()).status).toBe(202)
  })

  test.each(['infected', 'unscannable', 'too_large', 'content_mismatch', 'truncated', 'polyglot'] as const)(
    'is refused where the file is at fault: %s',
    async (reason) => {
      const world = await prepare()
      await sql`
        update uploads set status = 'rejected', status_reason = ${reason} where id = ${world.upload.upload_id}
      `
      expect(await world.retry()).toMatchObject({
        status: 409,
        body: { code: 'upload_not_retryable', status_reason: reason, detail: reasons[reason].detail },
      })
    },
  )

  test.each(['upload_expired', 'upload_aborted', 'uploader_removed'])(
    'is refused after %s',
    async (reason) => {
      const world = await prepare()
      await sql`update uploads set status = 'failed', status_reason = ${reason} where id = ${world.upload.upload_id}`
      expect(await world.retry()).toMatchObject({ status: 409, body: { status_reason: reason } })
    },
  )

  test('is refused while it goes on, or another upload does', async () => {
    const world = await prepare()
    expect(await world.retry()).toMatchObject({
      status: 409,
      body: { code: 'upload_in_progress', upload_id: world.upload.upload_id },
    })
  })

  test('is refused when the file is no longer kept', async () => {
    const world = await prepare()
    await failScan(world)
    pass(6 * 24 * 60 + 1)
    expect(await world.retry()).toMatchObject({ status: 409, body: { status_reason: 'file_missing' } })
  })

  test('is refused to strangers and of a deleted track, as if there were nothing', async () => {
    const world = await prepare()
    await failScan(world)
    const stranger = await seedActor(sql)
    expect(await world.retry(stranger)).toMatchObject({ status: 404, body: { code: 'not_found' } })
    await createTrackDeletionService({ sql }).remove(world.actor, world.upload.track_id, () => {})
    expect((await world.retry()).status).toBe(404)
  })

  test('of an upload of another track finds nothing', async () => {
    const [one, other] = [await prepare(), await prepare()]
    await failScan(one)
    const { track_id } = other.upload
    await sql`update uploads set created_by = ${one.actor.id} where track_id = ${track_id}`
    const api = createTrackApi(sql, now)
    const answer = await api.request(trackRoutes.retryUpload, other.actor, {
      params: { track_id, upload_id: one.upload.upload_id },
    })
    expect(answer.status).toBe(404)
  })

  test('of a stream asks for it anew, and a version that was overtaken needs none', async () => {
    const world = await prepare()
    await world.deliver()
    const [key] = world.media.objects.keys()
    await world.inspect(world.media.eventOf(key!))
    await sql`
      update uploads set status = 'failed', status_reason = 'stream_failed' where id = ${world.upload.upload_id}
    `
    const jobs = () => sql`
      select j.status from stream_jobs j join track_versions v on v.id = j.version_id
      where v.track_id = ${world.upload.track_id} order by j.created_at, j.id
    `
    expect(await world.retry()).toMatchObject({ status: 202, body: { status: 'transcoding' } })
    expect(await jobs()).toMatchObject([{ status: 'lapsed' }, { status: 'queued' }])

    await sql`
      update uploads set status = 'failed', status_reason = 'stream_failed' where id = ${world.upload.upload_id}
    `
    const newer = await otherUpload(world)
    await sql`
      insert into track_versions (
        id, track_id, upload_id, number, object_key, sha256, size_bytes, content_type, created_at, ready_at
      )
      select uuidv7(), track_id, ${newer}, 2, object_key || '2', sha256, size_bytes, content_type, now(), now()
      from track_versions
      where track_id = ${world.upload.track_id}
    `
    expect(await world.retry()).toMatchObject({ status: 409, body: { status_reason: 'replaced' } })
  })
})

async function otherUpload({ uploads, actor, upload }: World): Promise<string> {
  const request = { filename: 'b.wav', content_type: 'audio/wav', size_bytes: 10 } as const
  const { upload_id } = await grantUpload(sql, uploads, actor, upload.track_id, {
    ...request,
    allow_duplicate: false,
    verify_parts: false,
  })
  await sql`update uploads set status = 'ready' where id = ${upload_id}`
  return upload_id
}
