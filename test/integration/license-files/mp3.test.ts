import { jest } from '@jest/globals'
import { parseBuffer } from 'music-metadata'
import { giveUpMp3s, requestDueMp3s } from '../../../lib/license-files/mp3-requests.ts'
import { createMp3Service } from '../../../lib/license-files/mp3-service.ts'
import { prepareFilesOf } from '../../../lib/license-files/pinning.ts'
import { FfmpegFailed } from '../../../lib/media/analysis/ffmpeg.ts'
import type { Container } from '../../../lib/media/audio-types.ts'
import { withdrawVersion } from '../../../lib/media/withdrawal/withdrawal.ts'
import { createRemoval } from '../../../lib/tracks/purge.ts'
import { createClock } from '../../support/accounts.ts'
import { createListener } from '../../support/analysis.ts'
import { makeAudio, truncate } from '../../support/audio.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { sellLicense } from '../../support/licenses.ts'
import { addVersion, createStudio } from '../../support/studio.ts'

jest.setTimeout(60_000)

const database = useDatabase()
const { sql } = database
const openConnections = useConnections(database)
const clock = createClock(new Date('2026-11-25T20:00:00Z'))
const studio = createStudio(sql, clock.now)
const { media, put } = createListener(sql, clock.now)
const origin = { requestId: 'test-request', ip: '192.0.2.7', userAgent: 'test' }
const flac = await makeAudio('flac', { seconds: 3, tags: { title: 'Draft 7', comment: 'for nobody' } })

const service = (options: Partial<Parameters<typeof createMp3Service>[0]> = {}) =>
  createMp3Service({ sql, media, now: clock.now, ...options })

/** A track with a real file, sold as an MP3. */
async function setUp(bytes: Buffer = flac, container: Container = 'flac') {
  const [seller, buyer] = [await studio.join(), await studio.join()]
  const track_id = await studio.createTrack(seller, {
    visibility: 'public',
    title: 'Löve / "Live"',
    artists: [{ name: 'Ada', role: 'main' }],
  })
  const { version_id } = await addVersion(sql, track_id, { at: clock.now() })
  await put(version_id, { bytes, container })
  await sql`update track_versions set sample_rate_hz = 44100 where id = ${version_id}`
  const sold = await sellLicense(sql, { seller, buyer, track_id, formats: ['mp3'], now: clock.now() })
  return { ...sold, seller, buyer, track_id, version_id }
}

const stateOf = async (version_id: string) => {
  const [row] = await sql`select * from version_mp3s where version_id = ${version_id}`
  return row!
}
const asked = async (version_id: string) =>
  (await sql`select from outbox where type = 'track.make_mp3' and payload ->> 'version_id' = ${version_id}`)
    .length
const keysOf = (version_id: string) =>
  [...media.objects.keys()].filter((key) => key.startsWith(`licensed/${version_id}/`))

test('is asked for when it is sold, made at 320 kb/s with title and artist and nothing else, and pinned by its hash', async () => {
  const { version_id, license_id } = await setUp()
  expect(await asked(version_id)).toBe(1)

  await service().handle(version_id)

  const state = await stateOf(version_id)
  expect(state).toMatchObject({ due_at: null, tries: 0, failure: null, made_at: clock.now() })
  const { bytes, headers } = media.objects.get(state.object_key)!
  expect(headers).toEqual({ size_bytes: bytes.length, content_type: 'audio/mpeg' })
  expect(state.size_bytes).toBe(bytes.length)
  const { format, common } = await parseBuffer(bytes, { mimeType: 'audio/mpeg' }, { duration: true })
  expect(format).toMatchObject({
    container: 'MPEG',
    codec: 'MPEG 1 Layer 3',
    codecProfile: 'CBR',
    bitrate: 320_000,
    sampleRate: 44_100,
  })
  expect(format.duration).toBeCloseTo(3, 0)
  expect(common).toMatchObject({ title: 'Löve / "Live"', artist: 'Ada' })
  expect(common.comment).toBeUndefined()
  const [file] = await sql`select sha256, title, artist from license_files where license_id = ${license_id}`
  expect(file).toEqual({ sha256: state.sha256, title: 'Löve / "Live"', artist: 'Ada' })
})

test('is asked for once a product is published that promises it, and then is there when it is sold', async () => {
  const { product_id, seller, buyer, track_id } = await setUp()
  const { version_id } = await addVersion(sql, track_id, { at: clock.now() })
  await put(version_id, { bytes: flac, container: 'flac' })

  for (let n = 0; n < 2; n++) await sql.begin((tx) => prepareFilesOf(tx, product_id, clock.now()))
  expect(await asked(version_id)).toBe(1)
  await service().handle(version_id)

  const { license_id } = await sellLicense(sql, {
    seller,
    buyer,
    track_id,
    formats: ['mp3'],
    now: clock.now(),
  })
  const [file] = await sql`select sha256 from license_files where license_id = ${license_id}`
  expect(file).toEqual({ sha256: (await stateOf(version_id)).sha256 })
  expect(await asked(version_id)).toBe(1)
})

test('a product that promises none has none made', async () => {
  const [seller, buyer] = [await studio.join(), await studio.join()]
  const track_id = await studio.createTrack(seller)
  const { version_id } = await addVersion(sql, track_id)
  await put(version_id, { bytes: flac, container: 'flac' })
  const { product_id } = await sellLicense(sql, { seller, buyer, track_id, now: clock.now() })
  await sql.begin((tx) => prepareFilesOf(tx, product_id, clock.now()))
  expect(await asked(version_id)).toBe(0)
})

test('the same message again makes nothing', async () => {
  const { version_id } = await setUp()
  await service().handle(version_id)
  const before = await stateOf(version_id)
  await service().handle(version_id)
  expect(await stateOf(version_id)).toEqual(before)
  expect(keysOf(version_id)).toHaveLength(1)
})

test('two workers at the same time leave one behind', async () => {
  const { version_id } = await setUp()
  const others = await openConnections(2)
  await Promise.all(others.map((own) => service({ sql: own }).handle(version_id)))

  const { object_key, made_at } = await stateOf(version_id)
  expect(made_at).toEqual(clock.now())
  const remove = createRemoval({ sql, media })
  while ((await remove()) > 0);
  expect(keysOf(version_id)).toEqual([object_key])
})

test('a failure of the store is tried again by the clock, and leaves nothing behind', async () => {
  const { version_id } = await setUp()
  media.failNext('put', 'after')
  await service().handle(version_id)
  const failed = await stateOf(version_id)
  expect(failed).toMatchObject({ tries: 1, made_at: null, failure: null })
  expect(failed.due_at.getTime()).toBeGreaterThan(clock.now().getTime())
  expect(await requestDueMp3s(sql, clock.now())).toBe(0)

  expect(await requestDueMp3s(sql, failed.due_at)).toBe(1)
  expect(await asked(version_id)).toBe(2)
  await service().handle(version_id)
  expect(await stateOf(version_id)).toMatchObject({ tries: 0, made_at: clock.now() })
  const remove = createRemoval({ sql, media })
  while ((await remove()) > 0);
  expect(keysOf(version_id)).toEqual([(await stateOf(version_id)).object_key])
})

test('a source that breaks off is tried again, and no part of a song passes for it', async () => {
  const { version_id } = await setUp()
  const broken = { ...media, getRange: () => Promise.reject(new Error('the line is dead')) }
  await service({ media: broken }).handle(version_id)
  expect(await stateOf(version_id)).toMatchObject({ tries: 1, made_at: null, failure: null })
})

test('what cannot be decoded is given up at once', async () => {
  const { version_id } = await setUp(truncate(Buffer.from('fLaC and nothing like it'.repeat(40)), 900))
  await service().handle(version_id)
  expect(await stateOf(version_id)).toMatchObject({ failure: 'undecodable', due_at: null, made_at: null })
  expect(keysOf(version_id)).toEqual([])
})

test('what fails five times is given up, whoever died of the last', async () => {
  const { version_id } = await setUp()
  const encode = () => Promise.reject(new FfmpegFailed('timeout', 'it took too long'))
  for (let n = 0; n < 5; n++) await service({ encode }).handle(version_id)
  expect(await stateOf(version_id)).toMatchObject({ tries: 5, failure: 'mp3_failed', due_at: null })

  const died = await setUp()
  await sql`update version_mp3s set tries = 5 where version_id = ${died.version_id}`
  await giveUpMp3s(sql, new Date(clock.now().getTime() + 3_600_000))
  expect(await stateOf(died.version_id)).toMatchObject({ failure: 'mp3_failed', due_at: null })
})

test('of a version that was withdrawn none is made or asked for; once it is back it is', async () => {
  const { version_id, track_id } = await setUp()
  const finding = { version_id, signature: 'Eicar', definitions_version: '7' }
  await sql.begin((tx) => withdrawVersion(tx, track_id, finding, origin, clock.now()))
  const late = new Date(clock.now().getTime() + 3_600_000)

  await service().handle(version_id)
  await requestDueMp3s(sql, late)
  expect(await asked(version_id)).toBe(1)
  expect(keysOf(version_id)).toEqual([])

  await sql`update track_versions set withdrawn_at = null where id = ${version_id}`
  await requestDueMp3s(sql, late)
  expect(await asked(version_id)).toBe(2)
})
