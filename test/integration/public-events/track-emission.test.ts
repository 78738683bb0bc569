import { allTrackRoutes as routes } from '../../../functions/tracks/all-routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { createImageIntake } from '../../../lib/images/scan-intake.ts'
import { createImageService } from '../../../lib/images/service.ts'
import { createMetadataService } from '../../../lib/media/metadata/service.ts'
import { readBucketEvent } from '../../../lib/media/s3-events.ts'
import type { ScanVerdict } from '../../../lib/media/scan/clamd.ts'
import { createScanService } from '../../../lib/media/scan/service.ts'
import { createTrackIntake } from '../../../lib/media/scan/track-intake.ts'
import { createCallbackService } from '../../../lib/media/streams/callback-service.ts'
import { reinstateVersion, withdrawVersion } from '../../../lib/media/withdrawal/withdrawal.ts'
import { hideTrack } from '../../../lib/moderation/hiding.ts'
import { endUpload } from '../../../lib/uploads/ending.ts'
import { avatars } from '../../../lib/users/avatar.ts'
import { buryDueAccount } from '../../../lib/users/deletion.ts'
import { createNews } from '../../support/content-events.ts'
import { useDatabase } from '../../support/database.ts'
import { requestOf } from '../../support/images.ts'
import { addVersion, createStudio, type SeededVersion } from '../../support/studio.ts'
import { createBuckets, seedUpload } from '../../support/tracks.ts'

const { sql } = useDatabase()
const { as, join, createTrack, engage } = createStudio(sql)
const news = createNews(sql)
const origin = { ip: '', userAgent: '', requestId: 'rescan' }

const ready = (track_id: string, { version_id }: SeededVersion) => ({
  type: 'track.ready',
  payload: { track_id, version_id },
})
const published = (track_id: string, { version_id }: SeededVersion) => ({
  type: 'track.version_published',
  payload: { track_id, version_id },
})
const rejected = (ids: { track_id: string; upload_id: string }) => ({
  type: 'track.rejected',
  payload: { track_id: ids.track_id, upload_id: ids.upload_id },
})
const infected = ({ upload_id }: { upload_id: string }) => ({
  type: 'upload.infected',
  payload: { upload_id },
})

const reportReady = (track_id: string, { version_id, job_id }: Omit<SeededVersion, 'upload_id'>) =>
  createCallbackService({ sql, media: createBuckets().media }).ready(track_id, {
    version_id,
    job_id,
    manifest_key: 'next.m3u8',
    renditions: [],
  })
const activate = (actor: Actor, track_id: string, { version_id }: SeededVersion) =>
  as(actor, routes.activateVersion, { params: { track_id, version_id } })
const remove = (actor: Actor, track_id: string) => as(actor, routes.deleteTrack, { params: { track_id } })
const restore = (actor: Actor, track_id: string) => as(actor, routes.restoreTrack, { params: { track_id } })

async function setUp() {
  const owner = await join()
  const track_id = await createTrack(owner, { visibility: 'public' })
  return { owner, track_id }
}

beforeEach(() => news.take())

describe('track.created', () => {
  test('is written once, with the track', async () => {
    const { track_id } = await setUp()
    expect(await news.takeWith('tracks', track_id)).toEqual([
      { type: 'track.created', payload: { track_id } },
    ])
  })

  test('is not where the track is refused, or changed', async () => {
    const { owner, track_id } = await setUp()
    const written = await news.during(async () => {
      const refused = await as(owner, routes.createTrack, { body: { title: 'Low Tide' } })
      expect(refused.status).toBe(422)
      const changed = await as(owner, routes.updateTrack, { params: { track_id }, body: { title: 'High' } })
      expect(changed.status).toBe(200)
    })
    expect(written).toEqual([])
  })
})

describe('track.ready and track.version_published', () => {
  test('are written once when the stream is there, and plays', async () => {
    const { track_id } = await setUp()
    const version = await addVersion(sql, track_id, { status: 'transcoding' })
    await news.take()
    expect(await reportReady(track_id, version)).toBe('accepted')
    const written = await news.takeWith('tracks', track_id)
    expect(written).toEqual([ready(track_id, version), published(track_id, version)])
    expect(await reportReady(track_id, version)).toBe('accepted')
    expect(await news.take()).toEqual([])
  })

  test('are not of a callback that no longer counts', async () => {
    const { track_id } = await setUp()
    const version = await addVersion(sql, track_id, { status: 'transcoding' })
    await news.take()
    expect(await reportReady(track_id, { ...version, job_id: version.version_id })).toBe('ignored')
    expect(await news.take()).toEqual([])
  })

  test('what somebody chose meanwhile goes on playing: the new one is only ready', async () => {
    const { owner, track_id } = await setUp()
    const first = await addVersion(sql, track_id)
    const next = await addVersion(sql, track_id, { status: 'transcoding' })
    await activate(owner, track_id, first)
    expect(await news.during(() => reportReady(track_id, next))).toEqual([ready(track_id, next)])
  })

  test('choosing another version publishes it, once; one that plays already does not', async () => {
    const { owner, track_id } = await setUp()
    const [first] = [await addVersion(sql, track_id), await addVersion(sql, track_id)]
    await news.take()
    expect((await activate(owner, track_id, first)).status).toBe(200)
    expect(await news.takeWith('tracks', track_id)).toEqual([published(track_id, first)])
    expect((await activate(owner, track_id, first)).status).toBe(200)
    expect(await news.take()).toEqual([])
  })

  test('a choice that is refused publishes nothing', async () => {
    const { owner, track_id } = await setUp()
    const first = await addVersion(sql, track_id)
    const failed = await addVersion(sql, track_id, { status: 'failed' })
    const viewer = await engage(owner, track_id, { role: 'viewer' })
    const written = await news.during(async () => {
      expect((await activate(owner, track_id, failed)).status).toBe(409)
      for (const actor of [viewer, await join()]) {
        expect((await activate(actor, track_id, first)).status).toBe(404)
      }
    })
    expect(written).toEqual([])
  })
})

const clamd = (verdict: ScanVerdict) => ({
  ready: async () => {},
  definitions: async () => 'set-1',
  scan: async (source: AsyncIterable<Uint8Array>) => {
    for await (const _ of source);
    return verdict
  },
})
const found: ScanVerdict = { verdict: 'infected', signature: 'Win.Test.Thing-1' }

async function send(verdict: ScanVerdict) {
  const buckets = createBuckets()
  const actor = await join()
  const upload = await seedUpload(sql, buckets, actor, { file: Buffer.from('no sound at all') })
  const scans = createScanService({
    intakes: [createTrackIntake({ sql })],
    ...buckets,
    clamd: clamd(verdict),
  })
  const scan = async () => {
    for (const object of readBucketEvent(upload.event)) await scans.handle(object)
  }
  return { ...buckets, upload, scan }
}

describe('track.rejected and upload.infected', () => {
  test('are written once where the scanner finds something, however often it is told of the file', async () => {
    const { upload, scan } = await send(found)
    await news.take()
    await scan()
    expect(await news.takeWith('uploads', upload.upload_id)).toEqual([rejected(upload), infected(upload)])
    await scan()
    expect(await news.take()).toEqual([])
  })

  test('what cannot be scanned is rejected, and not infected', async () => {
    const { upload, scan } = await send({
      verdict: 'unsupported',
      found: 'Heuristics.Encrypted',
    })
    expect(await news.during(scan)).toEqual([rejected(upload)])
  })

  test('a clean file that holds no sound is rejected once it was looked into', async () => {
    const { upload, scan, media } = await send({ verdict: 'clean' })
    expect(await news.during(scan)).toEqual([])
    const [key] = media.objects.keys()
    const metadata = createMetadataService({
      sql,
      media,
      relay: { flushSoon: async () => {} },
      artwork: { take: async () => {} },
    })
    const look = async () => {
      for (const object of readBucketEvent(media.eventOf(key!))) await metadata.handle(object)
    }
    expect(await news.during(look)).toEqual([rejected(upload)])
    expect(await news.during(look)).toEqual([])
  })

  test('an upload of more bytes than were declared is rejected; one that fails is not', async () => {
    const { track_id } = await setUp()
    const [large, late] = [
      await addVersion(sql, track_id, { status: 'uploading' }),
      await addVersion(sql, track_id, { status: 'failed' }),
    ]
    const end = (upload_id: string, status: 'rejected' | 'failed') =>
      sql.begin((tx) => endUpload(tx, upload_id, { status, status_reason: 'too_large' }, new Date()))
    await news.take()
    expect(await end(large.upload_id, 'rejected')).toBe(true)
    expect(await news.take()).toEqual([rejected({ track_id, ...large })])
    expect(await end(large.upload_id, 'rejected')).toBe(false)
    await sql`update uploads set status = 'uploading' where id = ${late.upload_id}`
    expect(await end(late.upload_id, 'failed')).toBe(true)
    expect(await news.take()).toEqual([])
  })

  test('a picture in which something is found is infected, and nothing of a track', async () => {
    const buckets = createBuckets()
    const actor = await join()
    const bytes = Buffer.from('a picture')
    const pictures = createImageService({ sql, store: buckets.uploads, holder: avatars })
    const { upload_id } = await pictures.grant(actor, actor.id, requestOf(bytes))
    const message = buckets.uploads.arrive(`uploads/images/${upload_id}`, bytes)
    const scans = createScanService({
      intakes: [createImageIntake({ sql })],
      ...buckets,
      clamd: clamd(found),
    })
    const scan = async () => {
      for (const object of readBucketEvent(message)) await scans.handle(object)
    }
    await news.take()
    await scan()
    expect(await news.takeWith('image_uploads', upload_id)).toEqual([infected({ upload_id })])
    await scan()
    expect(await news.take()).toEqual([])
  })
})

describe('a late finding', () => {
  const withdraw = (track_id: string, { version_id }: SeededVersion) =>
    sql.begin((tx) =>
      withdrawVersion(
        tx,
        track_id,
        { version_id, signature: 'Win.Test.Thing-1', definitions_version: 'set-2' },
        origin,
        new Date(),
      ),
    )
  const reinstate = (track_id: string, { version_id }: SeededVersion) =>
    sql.begin((tx) =>
      reinstateVersion(tx, track_id, { version_id, definitions_version: 'set-3' }, origin, new Date()),
    )

  test('rejects once, and what is found clean after all is ready and plays again', async () => {
    const { owner, track_id } = await setUp()
    const version = await addVersion(sql, track_id)
    await news.take()
    await withdraw(track_id, version)
    const expected = [rejected({ track_id, ...version }), infected(version)]
    expect(await news.takeWith('uploads', version.upload_id)).toEqual(expected)
    await withdraw(track_id, version)
    await reinstate(track_id, version)
    expect(await news.take()).toEqual([])

    await sql`update track_versions set reinstate_asked_by = ${owner.id} where id = ${version.version_id}`
    await reinstate(track_id, version)
    expect(await news.take()).toEqual([ready(track_id, version), published(track_id, version)])
  })

  test('of a version that did not play puts none in its place', async () => {
    const { owner, track_id } = await setUp()
    const [older] = [await addVersion(sql, track_id), await addVersion(sql, track_id)]
    await withdraw(track_id, older)
    await sql`update track_versions set reinstate_asked_by = ${owner.id} where id = ${older.version_id}`
    expect(await news.during(() => reinstate(track_id, older))).toEqual([ready(track_id, older)])
  })
})

describe('track.deleted', () => {
  test('is written once with those who work on it; what comes back is ready again', async () => {
    const { owner, track_id } = await setUp()
    const version = await addVersion(sql, track_id)
    const viewer = await engage(owner, track_id, { role: 'viewer' })
    await news.take()
    expect((await remove(owner, track_id)).status).toBe(204)
    const [written, ...more] = await news.takeWith('tracks', track_id)
    expect(more).toEqual([])
    expect(written).toMatchObject({ type: 'track.deleted', payload: { track_id } })
    const { account_ids } = written!.payload as { account_ids: string[] }
    expect(account_ids.toSorted()).toEqual([owner.id, viewer.id].toSorted())
    expect((await remove(owner, track_id)).status).toBe(404)
    expect(await news.take()).toEqual([])

    expect((await restore(owner, track_id)).status).toBe(200)
    expect(await news.take()).toEqual([ready(track_id, version)])
    expect((await restore(owner, track_id)).status).toBe(200)
    expect(await news.take()).toEqual([])
  })

  test('is not where nobody may, nor of a draft that comes back, nor of what moderators hide', async () => {
    const { owner, track_id } = await setUp()
    const editor = await engage(owner, track_id)
    const refused = await news.during(async () => {
      expect((await remove(editor, track_id)).status).toBe(404)
      await sql.begin((tx) => hideTrack(tx, track_id, new Date()))
    })
    expect(refused).toEqual([])
    await remove(owner, track_id)
    expect(await news.during(() => restore(owner, track_id))).toEqual([])
  })

  test('is written for each track of an account that ends, but those deleted before', async () => {
    const owner = await join()
    const [kept, gone] = [await createTrack(owner), await createTrack(owner)]
    const editor = await engage(owner, kept)
    await remove(owner, gone)
    await sql`update users set deletes_at = now() - interval '1 day' where id = ${owner.id}`
    await news.take()
    expect(await buryDueAccount(sql, new Date())).toBe(1)
    expect(await news.takeWith('users', owner.id)).toEqual([
      { type: 'track.deleted', payload: { track_id: kept, account_ids: [editor.id] } },
    ])
  })
})
