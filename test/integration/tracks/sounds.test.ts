import { jest } from '@jest/globals'
import { allTrackRoutes } from '../../../functions/tracks/all-routes.ts'
import { serveMediaFrom } from '../../../lib/media/delivery/open-url.ts'
import { createListener } from '../../support/analysis.ts'
import { makeAudio } from '../../support/audio.ts'
import { useDatabase } from '../../support/database.ts'
import { addVersion, createStudio } from '../../support/studio.ts'

jest.setTimeout(60_000)

const { sql } = useDatabase()
serveMediaFrom('https://media.test')

const at = new Date('2026-03-01T12:00:00.500Z')
const studio = createStudio(sql, () => at)
const listener = createListener(sql, () => at)
const mp3 = await makeAudio('mp3', { seconds: 45 })

/** A track that plays, and was listened to. */
async function seed({ visibility = 'public', isHeard = true } = {}) {
  const owner = await studio.join()
  const track_id = await studio.createTrack(owner, { visibility })
  const { version_id } = await addVersion(sql, track_id, { at })
  await listener.put(version_id, { bytes: mp3, container: 'mp3' })
  if (isHeard) await listener.service().handle(version_id)
  return { owner, track_id, version_id }
}

type Actor = Awaited<ReturnType<typeof studio.join>>

const waveform = (actor: Actor | undefined, track_id: string, options = {}) =>
  studio.as(actor, allTrackRoutes.getWaveform, { params: { track_id }, ...options })
const preview = (actor: Actor | undefined, track_id: string, options = {}) =>
  studio.as(actor, allTrackRoutes.getPreview, { params: { track_id }, ...options })
const update = (actor: Actor, track_id: string, body: object) =>
  studio.as(actor, allTrackRoutes.updateTrack, { params: { track_id }, body })

test('anybody reads the waveform of a public track, and keeps it for a minute', async () => {
  const { track_id, version_id } = await seed()
  const { waveform_sha256, detail_key } = await listener.analysisOf(version_id)

  const first = await waveform(undefined, track_id)

  expect(first).toMatchObject({
    status: 200,
    headers: { etag: `"${waveform_sha256}"`, 'cache-control': 'public, max-age=60' },
    body: { version: 2, channels: 1, bits: 8, sample_rate: 48_000 },
  })
  expect(first.body.data).toHaveLength(2 * first.body.length)
  const again = await waveform(undefined, track_id, { headers: { 'if-none-match': first.headers.etag } })
  expect(again).toMatchObject({ status: 304 })
  const detail = await waveform(undefined, track_id, { query: { resolution: 'detail' } })
  expect(detail).toMatchObject({ status: 303, headers: { location: `https://media.test/${detail_key}` } })
})

test('a private track has a waveform and a preview for its owner and for who holds a link, and for nobody else', async () => {
  const { owner, track_id } = await seed({ visibility: 'private' })
  const stranger = await studio.join()
  const { body: share } = await studio.as(owner, allTrackRoutes.createShare, {
    params: { track_id },
    body: {},
  })
  const headers = { 'x-share-token': share.token }

  for (const ask of [waveform, preview]) {
    expect(await ask(undefined, track_id)).toMatchObject({ status: 404 })
    expect(await ask(stranger, track_id)).toMatchObject({ status: 404 })
    expect(await ask(owner, track_id)).toMatchObject({ status: 200 })
    expect(await ask(undefined, track_id, { headers })).toMatchObject({ status: 200 })
    expect(await ask(undefined, track_id, { headers: { 'x-share-token': 'x'.repeat(43) } })).toMatchObject({
      status: 404,
    })
  }
  const kept = await waveform(undefined, track_id, { headers })
  expect(kept.headers['cache-control']).toBe('private, no-cache')
})

test.each([
  { name: 'hidden', hide: (id: string) => sql`update tracks set hidden_at = ${at} where id = ${id}` },
  { name: 'deleted', hide: (id: string) => sql`update tracks set deleted_at = ${at} where id = ${id}` },
])('a track that is $name has neither for anybody', async ({ hide }) => {
  const { track_id } = await seed()
  await hide(track_id)
  expect(await waveform(undefined, track_id)).toMatchObject({ status: 404 })
  expect(await preview(undefined, track_id)).toMatchObject({ status: 404 })
})

test('before it was listened to, and before anything plays, both are not ready', async () => {
  const { track_id } = await seed({ isHeard: false })
  expect(await waveform(undefined, track_id)).toMatchObject({
    status: 409,
    body: { code: 'waveform_not_ready' },
  })
  expect(await preview(undefined, track_id)).toMatchObject({
    status: 409,
    body: { code: 'preview_not_ready' },
  })
  const owner = await studio.join()
  const draft = await studio.createTrack(owner)
  expect(await waveform(owner, draft)).toMatchObject({ status: 409, body: { code: 'waveform_not_ready' } })
  expect(await preview(owner, draft)).toMatchObject({ status: 409, body: { code: 'track_not_ready' } })
})

test('the preview is half a minute of the loudest part, by a link that ends', async () => {
  const { track_id, version_id } = await seed()

  const answer = await preview(undefined, track_id)

  const { object_key } = (await listener.previewOf(version_id))!
  const { loudest_ms } = await listener.analysisOf(version_id)
  expect(answer).toMatchObject({
    status: 200,
    headers: { 'cache-control': 'no-store' },
    body: { start_ms: loudest_ms, duration_ms: 30_000, expires_at: '2026-03-01T12:10:00.000Z' },
  })
  const url = new URL(answer.body.url)
  expect(url.pathname).toBe(`/${object_key}`)
  expect([...url.searchParams.keys()].sort()).toEqual(
    expect.arrayContaining(['Expires', 'Key-Pair-Id', 'Signature']),
  )
})

test('an editor chooses the part and the mark; the preview is made anew, and the one before it is removed', async () => {
  const { owner, track_id, version_id } = await seed()
  const before = (await listener.previewOf(version_id))!
  const body = { preview_start_ms: 2000, preview_duration_ms: 40_000, is_preview_tagged: true }

  expect(await update(owner, track_id, body)).toMatchObject({ status: 200, body })
  expect((await preview(undefined, track_id)).body).toMatchObject({ start_ms: before.start_ms })
  await listener.service().handle(version_id)

  const after = await listener.previewOf(version_id)
  expect(after).toMatchObject({ start_ms: 2000, duration_ms: 40_000, is_tagged: true })
  expect(await listener.discarded()).toContain(before.object_key)
  expect((await preview(undefined, track_id)).body).toMatchObject({ start_ms: 2000, duration_ms: 40_000 })
  await listener.service().handle(version_id)
  expect(await listener.previewOf(version_id)).toEqual(after)
})

test('what is chosen beyond the end is taken as far as it goes', async () => {
  const { owner, track_id, version_id } = await seed()
  await update(owner, track_id, { preview_start_ms: 2 ** 31 - 1, preview_duration_ms: 90_000 })
  await listener.service().handle(version_id)
  const { heard_ms } = await listener.analysisOf(version_id)
  expect(await listener.previewOf(version_id)).toMatchObject({ start_ms: 0, duration_ms: heard_ms })
})

test('the last word counts, also when it comes while a preview is being made', async () => {
  const { owner, track_id, version_id } = await seed()
  await update(owner, track_id, { preview_start_ms: 1000 })
  let isFirst = true
  const media = {
    ...listener.media,
    put: async (...[key, bytes, about]: Parameters<typeof listener.media.put>) => {
      if (isFirst) await update(owner, track_id, { preview_start_ms: 7000 })
      isFirst = false
      await listener.media.put(key, bytes, about)
    },
  }

  await Promise.all([listener.service({ media }).handle(version_id), listener.service().handle(version_id)])

  const last = (await listener.previewOf(version_id))!
  expect(last).toMatchObject({ start_ms: 7000 })
  const discarded = await listener.discarded()
  const kept = listener.made('previews', version_id).filter(([key]) => !discarded.includes(key))
  expect(kept.map(([key]) => key)).toEqual([last.object_key])
})

test.each([
  { preview_duration_ms: 29_999 },
  { preview_duration_ms: 90_001 },
  { preview_duration_ms: null },
  { preview_start_ms: -1 },
  { preview_start_ms: 0.5 },
  { preview_start_ms: 2 ** 31 },
  { is_preview_tagged: 'yes' },
])('%j is no preview', async (body) => {
  const { owner, track_id } = await seed({ isHeard: false })
  expect(await update(owner, track_id, body)).toMatchObject({ status: 422 })
})

test('what listening tells is found by: tempo and key of the version that plays', async () => {
  const { version_id, track_id } = await seed()
  await sql`
    update track_versions set detected_bpm = 123.4, detected_musical_key = 'F#m', detected_bpm_confidence = 0.8
    where id = ${version_id}
  `
  const [found] = await sql`select bpm, key from track_search where track_id = ${track_id}`
  expect(found).toEqual({ bpm: 123.4, key: '11A' })
  const { body } = await studio.get(undefined, track_id)
  expect(body).toMatchObject({ bpm: 123.4, detected: { bpm: 123.4, bpm_confidence: 0.8 } })
})
