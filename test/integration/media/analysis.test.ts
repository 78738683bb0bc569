import { jest } from '@jest/globals'
import { allTrackRoutes } from '../../../functions/tracks/all-routes.ts'
import { connect } from '../../../lib/db/client.ts'
import { FfmpegFailed } from '../../../lib/media/analysis/ffmpeg.ts'
import { giveUpAnalyses, requestDueAnalyses } from '../../../lib/media/analysis/requests.ts'
import { serveMediaFrom } from '../../../lib/media/delivery/open-url.ts'
import { withdrawVersion } from '../../../lib/media/withdrawal/withdrawal.ts'
import { purgeDueTracks } from '../../../lib/tracks/purge.ts'
import { removeSurplusVersions } from '../../../lib/tracks/versions/retention.ts'
import { createListener, unpack } from '../../support/analysis.ts'
import { makeAudio, truncate } from '../../support/audio.ts'
import { useDatabase } from '../../support/database.ts'
import { addVersion, createStudio } from '../../support/studio.ts'

jest.setTimeout(60_000)

const { sql, settings } = useDatabase()
const origin = { requestId: 'test-request', ip: '192.0.2.7', userAgent: 'test' }
serveMediaFrom('https://media.test')

let at = new Date('2026-03-01T12:00:00Z')
const now = () => at
const studio = createStudio(sql, now)
const listener = createListener(sql, now)
const flac = await makeAudio('flac', { seconds: 4 })

/** A public track that plays a file nobody has listened to. */
async function seed(bytes: Buffer = flac, container: 'flac' | 'mp3' = 'flac') {
  const owner = await studio.join()
  const track_id = await studio.createTrack(owner, { visibility: 'public' })
  const { version_id } = await addVersion(sql, track_id, { at })
  await listener.put(version_id, { bytes, container })
  return { owner, track_id, version_id }
}

const show = (track_id: string) => studio.as(undefined, allTrackRoutes.getTrack, { params: { track_id } })
const askedFor = async (version_id: string) =>
  (await sql`select from outbox where type = 'track.analyse' and payload ->> 'version_id' = ${version_id}`)
    .length

test('what a version sounds like is written to it, and its waveforms are put where anybody may fetch them', async () => {
  const { track_id, version_id } = await seed()

  await listener.service().handle(version_id)

  const analysis = await listener.analysisOf(version_id)
  expect(analysis).toMatchObject({ due_at: null, tries: 0, failure: null, analysed_at: at, heard_ms: 4000 })
  expect(analysis.integrated_lufs).toBeGreaterThan(-40)
  const waveforms = listener.made('waveforms', version_id)
  expect(waveforms.map(([key]) => key).sort()).toEqual(
    [`waveforms/${version_id}/${analysis.waveform_sha256}.json`, analysis.detail_key].sort(),
  )
  for (const [key, { bytes, headers }] of waveforms) {
    expect(headers).toMatchObject({
      content_type: 'application/json',
      content_encoding: 'gzip',
      cache_control: 'public, max-age=31536000, immutable',
    })
    const { length, data, ...head } = unpack(bytes)
    expect(head).toMatchObject({ version: 2, channels: 1, sample_rate: 48_000, bits: 8 })
    expect(data).toHaveLength(2 * length)
    if (key === analysis.detail_key) expect(length).toBe(80)
    else expect(length).toBeGreaterThanOrEqual(1000)
  }
  const { body } = await show(track_id)
  expect(body).toMatchObject({
    waveform_url: `https://media.test/waveforms/${version_id}/${analysis.waveform_sha256}.json`,
    loudness: {
      integrated_lufs: analysis.integrated_lufs,
      gain_db: Number((-14 - analysis.integrated_lufs).toFixed(1)),
      replay_gain_db: Number((-18 - analysis.integrated_lufs).toFixed(1)),
    },
  })
})

test('the same message again, also at the same time, comes to one result and leaves no other file', async () => {
  const { version_id } = await seed()
  const others = [connect(settings), connect(settings)]

  await Promise.all(others.map((own) => listener.service({ sql: own }).handle(version_id)))
  await Promise.all(others.map((own) => own.end()))
  await listener.service().handle(version_id)

  const named = await sql<{ object_key: string }[]>`
    select object_key from version_files where version_id = ${version_id} order by object_key
  `
  const discarded = await listener.discarded()
  const kept = [...listener.made('waveforms', version_id), ...listener.made('previews', version_id)]
    .map(([key]) => key)
    .filter((key) => !discarded.includes(key))
  expect(named.map((row) => row.object_key)).toEqual(kept.sort())
  const { detail_key, waveform_sha256 } = await listener.analysisOf(version_id)
  const preview = await listener.previewOf(version_id)
  expect(kept).toEqual(
    [detail_key, `waveforms/${version_id}/${waveform_sha256}.json`, preview!.object_key].sort(),
  )
})

test('bytes that cannot be read say nothing about the file: it is asked for again by and by', async () => {
  const { version_id } = await seed()
  const media = {
    ...listener.media,
    getRange: async (_key: string, first: number) => {
      if (first > 0) throw new Error('S3 is slow down')
      return flac.subarray(0, 131_072)
    },
  }

  await listener.service({ media }).handle(version_id)

  expect(await listener.analysisOf(version_id)).toMatchObject({ analysed_at: null, failure: null, tries: 1 })
  expect(listener.made('waveforms', version_id)).toEqual([])
  await listener.service().handle(version_id)
  expect(await listener.analysisOf(version_id)).toMatchObject({ analysed_at: at, due_at: null })
})

test('a write that fails leaves nothing behind once it is done again', async () => {
  const { version_id } = await seed()
  listener.media.failNext('put', 'after')

  await expect(listener.service().handle(version_id)).rejects.toThrow('put fails')
  await listener.service().handle(version_id)

  const discarded = await listener.discarded()
  const left = listener.made('waveforms', version_id).filter(([key]) => !discarded.includes(key))
  expect(left).toHaveLength(2)
})

test('a worker that was killed is followed by the clock, a few times', async () => {
  const { version_id } = await seed()
  const dying = () => Promise.reject(new FfmpegFailed('killed', 'signal 9'))
  for (let tries = 1; tries <= 5; tries++) {
    at = new Date(at.getTime() + 24 * 3_600_000)
    const before = await askedFor(version_id)
    await requestDueAnalyses(sql, at)
    await requestDueAnalyses(sql, at)
    expect(await askedFor(version_id)).toBe(before + 1)
    await listener.service({ listen: dying }).handle(version_id)
    if (tries < 5) expect(await listener.analysisOf(version_id)).toMatchObject({ tries, failure: null })
  }
  expect(await listener.analysisOf(version_id)).toMatchObject({ failure: 'analysis_failed', due_at: null })
  at = new Date(at.getTime() + 24 * 3_600_000)
  await requestDueAnalyses(sql, at)
  expect(await askedFor(version_id)).toBe(5)
})

test('a worker that dies in its last try without a word is given up by the clock', async () => {
  const { version_id } = await seed()
  await sql`update track_analyses set tries = 5 where version_id = ${version_id}`
  at = new Date(at.getTime() + 1000)
  await giveUpAnalyses(sql, at)
  expect(await listener.analysisOf(version_id)).toMatchObject({ failure: 'analysis_failed', due_at: null })
})

test('a file that nothing can be heard of is given up at once, and its track plays on', async () => {
  const { track_id, version_id } = await seed(Buffer.alloc(100_000, 'no song at all '), 'mp3')

  await listener.service().handle(version_id)

  expect(await listener.analysisOf(version_id)).toMatchObject({ failure: 'undecodable', due_at: null })
  expect((await show(track_id)).body).toMatchObject({ status: 'ready', waveform_url: null, loudness: null })
  const waveform = await studio.as(undefined, allTrackRoutes.getWaveform, { params: { track_id } })
  expect(waveform).toMatchObject({ status: 409, body: { code: 'waveform_not_ready' } })
})

test('a version that is withdrawn meanwhile gets nothing, and what was written for it is removed', async () => {
  const { track_id, version_id } = await seed()
  const media = {
    ...listener.media,
    put: async (...[key, body, about]: Parameters<typeof listener.media.put>) => {
      await listener.media.put(key, body, about)
      if (!key.startsWith('waveforms/')) return
      const finding = { version_id, signature: 'Eicar', definitions_version: '1' }
      await sql.begin((tx) => withdrawVersion(tx, track_id, finding, origin, at))
    },
  }

  await listener.service({ media }).handle(version_id)

  expect(await listener.analysisOf(version_id)).toMatchObject({
    waveform_sha256: null,
    integrated_lufs: null,
  })
  const discarded = await listener.discarded()
  expect(listener.made('waveforms', version_id).filter(([key]) => !discarded.includes(key))).toEqual([])
  await listener.service().handle(version_id)
  expect(listener.made('previews', version_id)).toEqual([])
})

test.each([
  {
    name: 'withdrawn',
    end: ({ track_id, version_id }: { track_id: string; version_id: string }) =>
      sql.begin((tx) =>
        withdrawVersion(
          tx,
          track_id,
          { version_id, signature: 'Eicar', definitions_version: '1' },
          origin,
          at,
        ),
      ),
  },
  {
    name: 'given up among many newer ones',
    end: async ({ track_id, version_id }: { track_id: string; version_id: string }) => {
      await sql`update track_versions set is_surplus = true where id = ${version_id}`
      await sql`update tracks set current_version_id = null where id = ${track_id}`
      await removeSurplusVersions(sql, new Date(at.getTime() + 40 * 86_400_000))
    },
  },
  {
    name: 'purged with its track',
    end: async ({ track_id }: { track_id: string }) => {
      await sql`update tracks set deleted_at = ${at}, purges_at = ${at} where id = ${track_id}`
      await purgeDueTracks(sql, at)
    },
  },
])('what was made of a version that is $name is removed with it', async ({ end }) => {
  const seeded = await seed()
  const { version_id } = seeded
  await listener.service().handle(version_id)
  const files = [...listener.made('waveforms', version_id), ...listener.made('previews', version_id)]
  expect(files).toHaveLength(3)

  await end(seeded)

  expect(await listener.discarded()).toEqual(expect.arrayContaining(files.map(([key]) => key)))
  expect(await sql`select from version_files where version_id = ${version_id}`).toHaveLength(0)
  expect(await listener.previewOf(version_id)).toBeUndefined()
})

test('a file that was cut off is heard as far as it goes', async () => {
  const { version_id } = await seed(truncate(flac, 0.7))
  await listener.service().handle(version_id)
  expect((await listener.analysisOf(version_id)).heard_ms).toBeGreaterThan(2000)
})
