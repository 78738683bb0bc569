import { Readable } from 'node:stream'
import { trackRoutes } from '../../../functions/tracks/routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { findFilesOf } from '../../../lib/license-files/pinning.ts'
import { withdrawVersion } from '../../../lib/media/withdrawal/withdrawal.ts'
import { dayMs, earlier, later } from '../../../lib/time.ts'
import { createRemoval, purgeDueTracks } from '../../../lib/tracks/purge.ts'
import { removeSurplusVersions } from '../../../lib/tracks/versions/retention.ts'
import { buryDueAccount } from '../../../lib/users/deletion.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { createLicenseApi } from '../../support/license-api.ts'
import { sellLicense } from '../../support/licenses.ts'
import { createMemoryStorage, type MemoryStore } from '../../support/memory-storage.ts'
import { addVersion, createStudio } from '../../support/studio.ts'

const database = useDatabase()
const { sql } = database
const openConnections = useConnections(database)
const now = new Date('2026-11-25T20:00:00Z')
const studio = createStudio(sql, () => now)
const api = createLicenseApi(sql, () => now)
const media = createMemoryStorage('media').media as MemoryStore
const removeObjects = createRemoval({ sql, media })
const origin = { requestId: 'test-request', ip: '192.0.2.7', userAgent: 'test' }

const drain = async (step: () => Promise<number>) => {
  while ((await step()) > 0);
}

/** All that takes files away, at that time. */
async function clean(at: Date) {
  await drain(() => purgeDueTracks(sql, at))
  await drain(() => removeSurplusVersions(sql, at))
  await drain(removeObjects)
}

const write = (key: string) =>
  media.put(key, Readable.from([Buffer.from('sound')]), { size_bytes: 5, content_type: 'audio/wav' })

/** A version whose original, MP3 and preview are in the bucket. */
async function addStored(track_id: string, at = earlier(now, 60 * dayMs)) {
  const { version_id } = await addVersion(sql, track_id, { at })
  const [row] = await sql<[{ object_key: string }]>`
    update track_versions set container = 'wav', stored_at = ${at} where id = ${version_id} returning object_key
  `
  const [mp3, preview] = [`licensed/${version_id}/1.mp3`, `previews/${version_id}/1.mp3`]
  await sql`
    insert into version_mp3s (version_id, object_key, sha256, size_bytes, made_at)
    values (${version_id}, ${mp3}, 'cd', 5, ${at})
  `
  await sql`insert into version_files (object_key, version_id) values (${preview}, ${version_id})`
  for (const key of [row.object_key, mp3, preview]) await write(key)
  return { version_id, original: row.object_key, mp3, preview }
}

async function setUp() {
  const [seller, buyer] = [await studio.join(), await studio.join()]
  const track_id = await studio.createTrack(seller, {
    visibility: 'public',
    title: 'Low Tide',
    lyrics: 'Oh, sea',
  })
  const files = await addStored(track_id)
  const formats = ['master', 'mp3'] as const
  const sold = await sellLicense(sql, { seller, buyer, track_id, formats, now })
  return { ...sold, ...files, seller, buyer, track_id }
}

const remove = (owner: Actor, track_id: string) =>
  studio.as(owner, trackRoutes.deleteTrack, { params: { track_id } })

const is = (key: string) => media.objects.has(key)
const until = (license_id: string, at: Date) =>
  sql`update licenses set downloads_until = ${at} where id = ${license_id}`

describe('a track that is deleted and purged', () => {
  test('leaves the files that a buyer may still download, which they then can, and nothing else of it', async () => {
    const sold = await setUp()
    const unsold = await addStored(sold.track_id)
    await remove(sold.seller, sold.track_id)

    await clean(later(now, 31 * dayMs))

    expect([sold.original, sold.mp3, sold.preview].map(is)).toEqual([true, true, false])
    expect([unsold.original, unsold.mp3, unsold.preview].map(is)).toEqual([false, false, false])
    const [row] = await sql`select t::text as text, purged_at from tracks t where id = ${sold.track_id}`
    expect(row!.purged_at).not.toBeNull()
    expect(row!.text).not.toMatch(/Low Tide|Oh, sea/)
    expect(await sql`select id from track_versions where track_id = ${sold.track_id}`).toEqual([
      { id: sold.version_id },
    ])
    expect((await api.download(sold.buyer, sold.license_id)).body.files).toMatchObject([
      { format: 'master', status: 'ready', name: expect.stringMatching(/Low Tide\.wav$/) },
      { format: 'mp3', status: 'ready', name: expect.stringMatching(/Low Tide\.mp3$/) },
    ])
  })

  test('has them removed once the buyer’s time is over, and 90 days more in which the seller may extend it', async () => {
    const { seller, buyer, license_id, track_id, version_id, original, mp3 } = await setUp()
    await remove(seller, track_id)
    await clean(later(now, 31 * dayMs))
    const last = later(now, (365 + 90) * dayMs)

    await clean(earlier(last, 1))
    expect([original, mp3].map(is)).toEqual([true, true])
    await clean(last)

    expect([original, mp3].map(is)).toEqual([false, false])
    const [version] = await sql`select sha256, removed_at from track_versions where id = ${version_id}`
    expect(version).toEqual({ sha256: 'ab', removed_at: last })
    expect(await api.download(buyer, license_id)).toMatchObject({
      status: 409,
      problem: { code: 'conflict' },
    })
  })

  test('goes at once where the money was given back, and its record stays', async () => {
    const { seller, license_id, track_id, version_id, original, mp3 } = await setUp()
    await sql`update licenses set status = 'revoked' where id = ${license_id}`
    await remove(seller, track_id)

    await clean(later(now, 31 * dayMs))

    expect([original, mp3].map(is)).toEqual([false, false])
    expect(await sql`select removed_at from track_versions where id = ${version_id}`).toEqual([
      { removed_at: later(now, 31 * dayMs) },
    ])
    expect(await sql`select from license_files where license_id = ${license_id}`).toHaveLength(2)
  })

  test('is kept as well while a bank looks at the payment', async () => {
    const { seller, license_id, track_id, original } = await setUp()
    await sql`update licenses set status = 'frozen' where id = ${license_id}`
    await remove(seller, track_id)
    await clean(later(now, 31 * dayMs))
    expect(is(original)).toBe(true)
  })

  test('does not hold up the tracks after it', async () => {
    const sold = await setUp()
    const seller = await studio.join()
    const track_id = await studio.createTrack(seller)
    const other = await addStored(track_id)
    await remove(sold.seller, sold.track_id)
    await remove(seller, track_id)
    await clean(later(now, 31 * dayMs))
    expect([is(sold.original), is(other.original)]).toEqual([true, false])
    expect(await sql`select from tracks where id = ${track_id}`).toHaveLength(0)
  })
})

test('the end of the seller’s account takes nothing from their buyers', async () => {
  const { seller, buyer, license_id, original, mp3 } = await setUp()
  await sql`update users set deletes_at = ${now} where id = ${seller.id}`
  expect(await buryDueAccount(sql, now)).toBe(1)

  await clean(now)

  expect([original, mp3].map(is)).toEqual([true, true])
  expect((await api.download(buyer, license_id)).body.files).toMatchObject([
    { status: 'ready' },
    { status: 'ready' },
  ])
})

describe('an old version of a track that goes on', () => {
  const makeSurplus = (version_id: string) =>
    sql`update track_versions set is_surplus = true where id = ${version_id}`

  test('is kept for its buyers where others like it go', async () => {
    const sold = await setUp()
    const unsold = await addStored(sold.track_id)
    await addStored(sold.track_id)
    for (const { version_id } of [sold, unsold]) await makeSurplus(version_id)

    await clean(now)

    expect([sold.original, sold.mp3].map(is)).toEqual([true, true])
    expect([unsold.original, unsold.mp3].map(is)).toEqual([false, false])
  })

  test('goes when nobody may download it any more', async () => {
    const sold = await setUp()
    await addStored(sold.track_id)
    await makeSurplus(sold.version_id)
    await until(sold.license_id, earlier(now, 90 * dayMs))
    await clean(now)
    expect([sold.original, sold.mp3].map(is)).toEqual([false, false])
  })

  test('is not taken away from under a licence that is being issued', async () => {
    const { license_id, track_id, version_id, original } = await setUp()
    await sql`update licenses set status = 'revoked' where id = ${license_id}`
    await makeSurplus(version_id)
    const [issuing, cleaning] = await openConnections(2)

    await issuing!.begin(async (tx) => {
      const files = await findFilesOf(tx, { track_id, track_ids: [], formats: ['master'] })
      expect(files).toMatchObject([{ version_id }])
      // It stops to be the one that plays, while nobody else sees the licence so far.
      await cleaning!`update tracks set current_version_id = null where id = ${track_id}`
      expect(await removeSurplusVersions(cleaning!, now)).toBe(0)
    })

    expect(is(original)).toBe(true)
    await clean(now)
    expect(is(original)).toBe(false)
  })
})

test('what was kept is still withdrawn where something is found in it, though its track is gone', async () => {
  const { seller, buyer, license_id, track_id, version_id } = await setUp()
  await remove(seller, track_id)
  await clean(later(now, 31 * dayMs))

  const finding = { version_id, signature: 'Eicar', definitions_version: '7' }
  await sql.begin((tx) => withdrawVersion(tx, track_id, finding, origin, now))

  expect((await api.download(buyer, license_id)).problem.code).toBe('version_withdrawn')
})

test('a licence does not open the track’s own download', async () => {
  const { buyer, track_id } = await setUp()
  const { downloadRoutes } = await import('../../../functions/tracks/download-routes.ts')
  const answer = await studio.as(buyer, downloadRoutes.downloadTrack, { params: { track_id } })
  expect(answer).toMatchObject({ status: 403, problem: { code: 'forbidden' } })
})
