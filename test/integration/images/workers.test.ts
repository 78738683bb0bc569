import {
  createImageExpiry,
  deleteOldImageUploads,
  failStaleImageUploads,
  keepShown,
} from '../../../lib/images/expiry.ts'
import { createImageProcessing } from '../../../lib/images/processing-service.ts'
import { createImageService } from '../../../lib/images/service.ts'
import { readBucketEvent } from '../../../lib/media/s3-events.ts'
import { avatars } from '../../../lib/users/avatar.ts'
import { createClock } from '../../support/accounts.ts'
import { useClamd } from '../../support/clamd.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { composeImages, requestOf } from '../../support/images.ts'
import { bucketEvent } from '../../support/memory-storage.ts'
import { infect, makePicture } from '../../support/pictures.ts'
import { createBuckets, seedActor } from '../../support/tracks.ts'

const db = useDatabase()
const { sql } = db
const openConnections = useConnections(db)
const clamav = useClamd()
const hour = 3_600
const day = 24 * hour

let side = 100
/** One that nobody has sent yet. */
const newPicture = () => makePicture('png', { width: side++, height: side })

async function setUp() {
  const clock = createClock()
  const images = composeImages(sql, {
    buckets: createBuckets(),
    socketPath: clamav.socketPath,
    now: clock.now,
  })
  const service = createImageService({ sql, store: images.uploads, holder: avatars, now: clock.now })
  const actor = await seedActor(sql)
  const removeIdle = createImageExpiry({ sql, media: images.media })
  return {
    ...images,
    clock,
    actor,
    avatars: service,
    ask: (bytes: Buffer, who = actor) => service.grant(who, who.id, requestOf(bytes)),
    stateOf: async ({ upload_id }: { upload_id: string }) => {
      const [row] = await sql`select status, status_reason from image_uploads where id = ${upload_id}`
      return [row!.status, row!.status_reason]
    },
    shown: async (who = actor) => {
      const [row] = await sql`select avatar_sha256 from users where id = ${who.id}`
      return row!.avatar_sha256 as string | null
    },
    expire: async () => {
      await keepShown(sql, clock.now())
      await removeIdle(clock.now())
    },
  }
}

describe('a worker that dies goes on where it stopped', () => {
  test.each([
    { name: 'before the bytes are read', operation: 'getStream', when: 'before' },
    { name: 'before a file is written', operation: 'put', when: 'before' },
    { name: 'after a file is written', operation: 'put', when: 'after' },
    { name: 'before the original goes', operation: 'remove', when: 'before' },
    { name: 'after the original went', operation: 'remove', when: 'after' },
  ] as const)('$name', async ({ operation, when }) => {
    const { ask, send, scan, draw, originalOf, media, stateOf, shown, keys } = await setUp()
    const bytes = await newPicture()
    const grant = await ask(bytes)
    await scan(send(grant, bytes))
    const message = originalOf(grant)
    media.failNext(operation, when)
    await expect(draw(message)).rejects.toThrow(`${operation} fails`)

    await draw(message)

    expect(await stateOf(grant)).toEqual(['ready', null])
    expect(keys()).toHaveLength(3)
    expect(keys().every((key) => key.startsWith('images/'))).toBe(true)
    expect(await shown()).toBe(keys()[0]!.split('/')[1])
  })

  test.each(['before', 'after'] as const)('around the copy out of the quarantine (%s it)', async (when) => {
    const { ask, send, scan, originalOf, media, uploads } = await setUp()
    const bytes = await newPicture()
    const grant = await ask(bytes)
    const message = send(grant, bytes)
    media.failNext('copyFrom', when)
    await expect(scan(message)).rejects.toThrow()
    await scan(message)
    expect(originalOf(grant)).toBeDefined()
    expect(uploads.objects.size).toBe(0)
  })
})

test('the same message to three workers at once shows one picture once', async () => {
  const { ask, send, scan, originalOf, media, clock, stateOf, actor } = await setUp()
  const bytes = await newPicture()
  const grant = await ask(bytes)
  await scan(send(grant, bytes))
  const [object] = readBucketEvent(originalOf(grant))
  const workers = await openConnections(3)

  const ends = await Promise.allSettled(
    workers.map((own) =>
      createImageProcessing({ sql: own, media, holders: [avatars], now: clock.now }).handle(object!),
    ),
  )

  expect(ends.map(({ status }) => status)).toContain('fulfilled')
  expect(await stateOf(grant)).toEqual(['ready', null])
  const [user] = await sql`select revision from users where id = ${actor.id}`
  expect(user!.revision).toBe(2)
})

test('what means nothing here is let be: an unknown original, and an object put anew where one was scanned', async () => {
  const { draw, scan, ask, send, originalOf, uploads, media } = await setUp()
  await draw(bucketEvent('media', 'originals/images/0198f3a0-0000-7000-8000-000000000001', 5, 'abc'))
  const bytes = await newPicture()
  const grant = await ask(bytes)
  await scan(send(grant, bytes))
  await scan(uploads.arrive(`uploads/images/${grant.upload_id}`, infect(bytes)))
  expect(uploads.objects.size).toBe(0)
  expect(media.objects.get(`originals/images/${grant.upload_id}`)?.bytes.equals(bytes)).toBe(true)
  expect(originalOf(grant)).toBeDefined()
})

describe('images that nothing shows', () => {
  test('go after a day, files and all, and not before', async () => {
    const { ask, pass, actor, avatars: own, clock, expire, keys } = await setUp()
    const bytes = await newPicture()
    await pass(await ask(bytes), bytes)
    clock.advance(2 * day)
    await expire()
    expect(keys()).toHaveLength(3)

    await own.remove(actor, actor.id, () => {})
    clock.advance(23 * hour)
    await expire()
    expect(keys()).toHaveLength(3)

    clock.advance(2 * hour)
    await expire()
    expect(keys()).toEqual([])
  })

  test('stay where somebody else shows the same one', async () => {
    const { ask, pass, actor, avatars: own, clock, expire, keys, shown } = await setUp()
    const bytes = await newPicture()
    const other = await seedActor(sql)
    await pass(await ask(bytes), bytes)
    await pass(await ask(bytes, other), bytes)
    expect(await shown(other)).toBe(await shown())
    await own.remove(actor, actor.id, () => {})
    clock.advance(2 * day)
    await expire()
    expect(keys()).toHaveLength(3)
  })

  test('come back while they are removed only when that is done', async () => {
    const { ask, pass, actor, avatars: own, clock, expire, keys, media, shown } = await setUp()
    const bytes = await newPicture()
    await pass(await ask(bytes), bytes)
    const sha256 = await shown()
    await own.remove(actor, actor.id, () => {})
    clock.advance(2 * day)
    media.failNext('remove', 'before')
    await expect(expire()).rejects.toThrow('remove fails')

    const grant = await ask(bytes)
    await expect(pass(grant, bytes)).rejects.toThrow('is just being removed')
    clock.advance(hour)
    await pass(await ask(bytes), bytes)
    await expire()

    expect(await shown()).toBe(sha256)
    expect(keys().filter((key) => key.includes(sha256!))).toHaveLength(3)
  })
})

describe('uploads that came to a stop', () => {
  test('fail where nobody sends the file, a day after they were granted, and what comes later goes unread', async () => {
    const { ask, send, scan, clock, stateOf, uploads, media } = await setUp()
    const bytes = await newPicture()
    const grant = await ask(bytes)
    clock.advance(day - hour)
    await failStaleImageUploads(sql, clock.now())
    expect(await stateOf(grant)).toEqual(['uploading', null])
    clock.advance(2 * hour)
    await failStaleImageUploads(sql, clock.now())
    expect(await stateOf(grant)).toEqual(['failed', 'upload_expired'])
    await scan(send(grant, bytes))
    expect([uploads.objects.size, media.objects.size]).toEqual([0, 0])
  })

  test('do not fail for hours while the news of the file waits in the queue, and go on in their turn', async () => {
    const { ask, send, scan, clock, stateOf } = await setUp()
    const bytes = await newPicture()
    const grant = await ask(bytes)
    const news = send(grant, bytes)
    clock.advance(12 * hour)
    await failStaleImageUploads(sql, clock.now())
    await scan(news)
    expect((await stateOf(grant))[0]).toBe('processing')
  })

  test('fail where nobody can make a picture of it for a day, and are forgotten after a month', async () => {
    const { ask, send, scan, clock, stateOf } = await setUp()
    const bytes = await newPicture()
    const grant = await ask(bytes)
    await scan(send(grant, bytes))
    clock.advance(day + hour)
    expect(await failStaleImageUploads(sql, clock.now())).toBeGreaterThan(0)
    expect(await stateOf(grant)).toEqual(['failed', 'processing_failed'])
    clock.advance(31 * day)
    expect(await deleteOldImageUploads(sql, clock.now())).toBeGreaterThan(0)
    expect(await sql`select from image_uploads where id = ${grant.upload_id}`).toHaveLength(0)
  })
})
