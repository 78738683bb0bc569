import { randomUUID } from 'node:crypto'
import { allTrackRoutes as routes } from '../../../functions/tracks/all-routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { parseKeyRing } from '../../../lib/auth/key-ring.ts'
import { createCallbackService } from '../../../lib/media/streams/callback-service.ts'
import { insertVersion } from '../../../lib/media/versions-repository.ts'
import { createTaskRunner } from '../../../lib/schedule/run-task.ts'
import { createTasks } from '../../../lib/schedule/tasks.ts'
import { removeSurplusVersions } from '../../../lib/tracks/versions/retention.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { createMemoryStorage } from '../../support/memory-storage.ts'
import { noRescans } from '../../support/rescans.ts'
import { addVersion, createStudio, type SeededVersion } from '../../support/studio.ts'
import { createBuckets } from '../../support/tracks.ts'

const db = useDatabase()
const { sql } = db
const openConnections = useConnections(db)
const { as, join, createTrack, engage, remove, get } = createStudio(sql)
const { media } = createBuckets()
const day = 86_400_000
const now = new Date()
const ago = (days: number) => new Date(now.getTime() - days * day)

const notFound = { status: 404, problem: { code: 'not_found' } }

const list = (actor: Actor, track_id: string, query = {}) =>
  as(actor, routes.listVersions, { params: { track_id }, query })
const read = (actor: Actor, track_id: string, version_id: string) =>
  as(actor, routes.getVersion, { params: { track_id, version_id } })
const rename = (actor: Actor, track_id: string, version_id: string, body: object, headers = {}) =>
  as(actor, routes.renameVersion, { params: { track_id, version_id }, body, headers })
const activate = (actor: Actor, track_id: string, version_id: string, studio = { as }) =>
  studio.as(actor, routes.activateVersion, { params: { track_id, version_id } })
const reportReady = (track_id: string, { version_id, job_id }: SeededVersion, on = sql) =>
  createCallbackService({ sql: on, media }).ready(track_id, {
    version_id,
    job_id,
    manifest_key: 'next.m3u8',
    renditions: [],
  })
const reportFailed = (track_id: string, { version_id, job_id }: SeededVersion) =>
  createCallbackService({ sql, media }).failed(track_id, { version_id, job_id, reason: 'no space' })

/** A public track that plays the second of two versions. */
async function setUp() {
  const owner = await join()
  const track_id = await createTrack(owner, { visibility: 'public' })
  const first = await addVersion(sql, track_id)
  const second = await addVersion(sql, track_id)
  return { owner, track_id, first, second }
}

const playing = async (track_id: string) => (await get(undefined, track_id)).body.version?.number

describe('a new master', () => {
  test('swaps in when it is ready; the track keeps what it has, and those who work on it are told', async () => {
    const { owner, track_id } = await setUp()
    const editor = await engage(owner, track_id)
    const viewer = await engage(owner, track_id, { role: 'viewer' })
    await sql`insert into track_likes (track_id, user_id) values (${track_id}, ${viewer.id})`
    const next = await addVersion(sql, track_id, { status: 'transcoding', created_by: editor.id })
    const before = (await get(viewer, track_id)).body
    expect(before).toMatchObject({ status: 'ready', version: { number: 2 } })

    expect(await reportReady(track_id, next)).toBe('accepted')

    expect((await get(viewer, track_id)).body).toMatchObject({
      id: before.id,
      liked: true,
      published_at: before.published_at,
      version: { id: next.version_id, number: 3 },
    })
    const told = await sql<{ to: string }[]>`
      select payload->>'recipient_id' as to from outbox
      where payload->>'kind' = 'new_version' and payload->>'track_id' = ${track_id}
    `
    expect(told.map(({ to }) => to).sort()).toEqual([owner.id, viewer.id].sort())
  })

  test.each([
    { name: 'fails', end: reportFailed, status: 'failed', status_reason: 'stream_failed' },
    {
      name: 'is rejected',
      end: (_: string, { upload_id }: SeededVersion) =>
        sql`update uploads set status = 'rejected', status_reason = 'unsupported_media' where id = ${upload_id}`,
      status: 'rejected',
      status_reason: 'unsupported_media',
    },
  ])('that $name leaves the old one playing, and says so', async ({ end, status, status_reason }) => {
    const { owner, track_id } = await setUp()
    const next = await addVersion(sql, track_id, { status: 'transcoding' })

    await end(track_id, next)

    expect((await get(owner, track_id)).body).toMatchObject({ status: 'ready', status_reason: null })
    expect(await playing(track_id)).toBe(2)
    expect((await read(owner, track_id, next.version_id)).body).toMatchObject({
      status,
      status_reason,
      is_current: false,
    })
  })

  test('carries the label that its upload was asked for with', async () => {
    const { owner, track_id } = await setUp()
    const body = { filename: 'a.wav', content_type: 'audio/wav', size_bytes: 9, label: 'mix 3 🎚️' }
    const { body: grant } = await as(owner, routes.requestUpload, { params: { track_id }, body })
    const { upload_id } = grant
    expect((await as(owner, routes.getUpload, { params: { track_id, upload_id } })).body.label).toBe(
      'mix 3 🎚️',
    )

    const file = { sha256: 'cd', size_bytes: 9, content_type: 'audio/wav', definitions_version: 'set-1' }
    await insertVersion(sql, { track_id, upload_id, ...file }, now)

    expect((await list(owner, track_id)).body.data[0]).toMatchObject({ number: 3, label: 'mix 3 🎚️' })
  })

  test.each(['', 'x'.repeat(101), 7])('is refused with the label %j', async (label) => {
    const { owner, track_id } = await setUp()
    const body = { filename: 'a.wav', content_type: 'audio/wav', size_bytes: 9, label }
    expect(await as(owner, routes.requestUpload, { params: { track_id }, body })).toMatchObject({
      status: 422,
    })
  })
})

describe('the list', () => {
  test('shows an editor every version with its state and who made it, newest first', async () => {
    const { owner, track_id, first, second } = await setUp()
    const editor = await engage(owner, track_id)
    const third = await addVersion(sql, track_id, { status: 'transcoding', created_by: editor.id })

    const { status, body } = await list(editor, track_id)

    expect(status).toBe(200)
    expect(body.data).toMatchObject([
      {
        id: third.version_id,
        number: 3,
        status: 'transcoding',
        is_current: false,
        created_by: { id: editor.id },
      },
      { id: second.version_id, number: 2, status: 'ready', is_current: true, created_by: { id: owner.id } },
      {
        id: first.version_id,
        number: 1,
        status: 'ready',
        is_current: false,
        codec: 'PCM',
        duration_ms: 61_000,
      },
    ])
  })

  test('comes by pages, whose cursors are its own', async () => {
    const { owner, track_id } = await setUp()
    await addVersion(sql, track_id)

    const first = (await list(owner, track_id, { limit: 2 })).body
    const second = (await list(owner, track_id, { limit: 2, cursor: first.next_cursor })).body

    expect([...first.data, ...second.data].map(({ number }) => number)).toEqual([3, 2, 1])
    const other = await createTrack(owner)
    expect(await list(owner, other, { cursor: first.next_cursor })).toMatchObject({ status: 400 })
    expect((await list(owner, other)).body).toEqual({ data: [], has_more: false, next_cursor: null })
  })

  test('and what can be done with it is for those who may change the track', async () => {
    const { owner, track_id, first } = await setUp()
    const others = [await join(), await engage(owner, track_id, { role: 'commenter' })]
    const removed = await engage(owner, track_id)
    await remove(owner, track_id, removed)

    for (const actor of [...others, removed]) {
      expect(await list(actor, track_id)).toMatchObject(notFound)
      expect(await read(actor, track_id, first.version_id)).toMatchObject(notFound)
      expect(await rename(actor, track_id, first.version_id, { label: 'x' })).toMatchObject(notFound)
      expect(await activate(actor, track_id, first.version_id)).toMatchObject(notFound)
    }
    expect(await playing(track_id)).toBe(2)
  })
})

describe('a label', () => {
  test('is given, shown on the track that plays it, and taken away', async () => {
    const { owner, track_id, second } = await setUp()
    const { headers } = await get(undefined, track_id)

    const answer = await rename(owner, track_id, second.version_id, { label: ' Master ' })

    expect(answer).toMatchObject({ status: 200, body: { label: 'Master' } })
    const shown = await get(undefined, track_id)
    expect(shown.body.version).toMatchObject({ label: 'Master' })
    expect(shown.headers.etag).not.toBe(headers.etag)
    expect((await rename(owner, track_id, second.version_id, { label: null })).body.label).toBeNull()
  })

  test('is refused when the client saw another state', async () => {
    const { owner, track_id, first } = await setUp()
    const { headers } = await read(owner, track_id, first.version_id)
    const match = { 'if-match': headers.etag! }

    expect(await rename(owner, track_id, first.version_id, { label: 'A' }, match)).toMatchObject({
      status: 200,
    })
    expect(await rename(owner, track_id, first.version_id, { label: 'B' }, match)).toMatchObject({
      status: 412,
      problem: { code: 'precondition_failed' },
    })
  })

  test.each([{}, { label: '' }, { label: 'x'.repeat(101) }, { label: 'a\nb' }, { label: 'x', number: 9 }])(
    'refuses %j',
    async (body) => {
      const { owner, track_id, first } = await setUp()
      expect(await rename(owner, track_id, first.version_id, body)).toMatchObject({ status: 422 })
    },
  )

  test('of a version of another track finds nothing', async () => {
    const { owner, track_id } = await setUp()
    const other = await setUp()
    expect(await rename(owner, track_id, other.first.version_id, { label: 'x' })).toMatchObject(notFound)
    expect(await activate(owner, track_id, other.first.version_id)).toMatchObject(notFound)
    expect(await activate(owner, track_id, randomUUID())).toMatchObject(notFound)
  })
})

describe('choosing a version', () => {
  test('goes back and forth', async () => {
    const { owner, track_id, first, second } = await setUp()
    const editor = await engage(owner, track_id)

    expect(await activate(editor, track_id, first.version_id)).toMatchObject({
      status: 200,
      headers: { etag: expect.any(String) },
      body: { id: track_id, status: 'ready', version: { id: first.version_id, number: 1 } },
    })
    expect((await activate(owner, track_id, second.version_id)).body.version).toMatchObject({ number: 2 })
  })

  test.each(['processing', 'transcoding', 'rejected', 'failed'])('refuses one that is %s', async (status) => {
    const { owner, track_id } = await setUp()
    const next = await addVersion(sql, track_id, { status })

    expect(await activate(owner, track_id, next.version_id)).toMatchObject({
      status: 409,
      problem: { code: 'track_not_ready' },
    })
    expect(await playing(track_id)).toBe(2)
  })

  test.each(['transcoding', 'scanning'])(
    'is not undone by what was %s at the time; that can be chosen once it is ready',
    async (status) => {
      const { owner, track_id, first } = await setUp()
      const next = await addVersion(sql, track_id, { status })
      await activate(owner, track_id, first.version_id)
      await sql`update uploads set status = 'transcoding' where id = ${next.upload_id}`

      expect(await reportReady(track_id, next)).toBe('accepted')

      expect(await playing(track_id)).toBe(1)
      expect((await read(owner, track_id, next.version_id)).body).toMatchObject({ status: 'ready' })
      expect((await activate(owner, track_id, next.version_id)).body.version).toMatchObject({ number: 3 })
    },
  )

  test('the one that plays already holds it too', async () => {
    const { owner, track_id, second } = await setUp()
    const next = await addVersion(sql, track_id, { status: 'transcoding' })

    await activate(owner, track_id, second.version_id)
    await reportReady(track_id, next)

    expect(await playing(track_id)).toBe(2)
  })

  test('gives way to what is uploaded afterwards', async () => {
    const { owner, track_id, first } = await setUp()
    await activate(owner, track_id, first.version_id)
    const next = await addVersion(sql, track_id, { status: 'transcoding' })

    await reportReady(track_id, next)

    expect(await playing(track_id)).toBe(3)
  })

  test('is not undone by the late word on an older job', async () => {
    const { owner, track_id, first, second } = await setUp()
    // As a job that was lost for a while: ready long after a newer one.
    const third = await addVersion(sql, track_id)
    await sql`update track_versions set ready_at = null, manifest_key = null where id = ${second.version_id}`
    await sql`update uploads set status = 'transcoding' where id = ${second.upload_id}`
    await activate(owner, track_id, first.version_id)

    expect(await reportReady(track_id, second)).toBe('ignored')

    expect(await playing(track_id)).toBe(1)
    expect(await reportReady(track_id, third)).toBe('accepted')
    expect(await playing(track_id)).toBe(1)
  })
})

describe('at the same time', () => {
  test('a choice and a job that gets ready end in one order or the other, never in between', async () => {
    const { owner, track_id, first } = await setUp()
    const [one, other] = await openConnections(2)
    const studio = createStudio(one!)
    for (let round = 0; round < 8; round++) {
      const next = await addVersion(sql, track_id, { status: 'transcoding' })

      const [chosen, reported] = await Promise.all([
        activate(owner, track_id, first.version_id, studio),
        reportReady(track_id, next, other),
      ])

      expect([chosen.status, reported]).toEqual([200, 'accepted'])
      const [state] = await sql<[{ number: number; status: string; plays: boolean }]>`
        select v.number, u.status, v.manifest_key is not null as plays
        from uploads u, tracks t
        join track_versions v on v.id = t.current_version_id
        where u.id = ${next.upload_id} and t.id = ${track_id}
      `
      // Whichever came first, the choice is the last word: it was made of what was ready or under way then.
      expect(state).toMatchObject({ number: 1, status: 'ready', plays: true })
    }
  })

  test('a deletion ends both', async () => {
    const { owner, track_id, first } = await setUp()
    const [one, two, three] = await openConnections(3)
    const next = await addVersion(sql, track_id, { status: 'transcoding' })

    const [chosen, reported, deleted] = await Promise.all([
      activate(owner, track_id, first.version_id, createStudio(one!)),
      reportReady(track_id, next, two).catch(({ code }) => code),
      createStudio(three!).as(owner, routes.deleteTrack, { params: { track_id } }),
    ])

    expect(deleted.status).toBe(204)
    expect([200, 404]).toContain(chosen.status)
    expect(['accepted', 'not_found']).toContain(reported)
    expect(await get(owner, track_id)).toMatchObject(notFound)
    expect(await activate(owner, track_id, first.version_id)).toMatchObject(notFound)
    await expect(reportReady(track_id, next)).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('retention', () => {
  /** As many versions of one track, of which all but the newest twenty are surplus. */
  async function addMany(count: number, at: Date) {
    const owner = await join()
    const track_id = await createTrack(owner)
    const versions: SeededVersion[] = []
    for (let n = 0; n < count; n++) versions.push(await addVersion(sql, track_id, { at }))
    await sql`
      update track_versions set is_surplus = number <= ${count - 20}, stored_at = ${at} where track_id = ${track_id}
    `
    return { owner, track_id, versions }
  }
  const removedOf = async (track_id: string) => {
    const rows = await sql<{ number: number }[]>`
      select number from track_versions where track_id = ${track_id} and removed_at is not null order by number
    `
    return rows.map(({ number }) => number)
  }

  test('marks what twenty newer ones outlive', async () => {
    const { track_id } = await addMany(20, ago(40))
    const [upload] = await sql<[{ id: string }]>`
      insert into uploads (track_id, created_by, filename, content_type, size_bytes, object_key, status, expires_at)
      select id, owner_id, 'a.wav', 'audio/wav', 9, ${randomUUID()}, 'processing', now()
      from tracks where id = ${track_id}
      returning id
    `
    const file = { sha256: 'cd', size_bytes: 9, content_type: 'audio/wav', definitions_version: 'set-1' }
    await insertVersion(sql, { track_id, upload_id: upload.id, ...file }, now)

    const surplus = await sql`select number from track_versions where track_id = ${track_id} and is_surplus`
    expect(surplus).toEqual([{ number: 1 }])
  })

  test('gives old surplus up with its file, keeps the row, and what plays', async () => {
    const { owner, track_id, versions } = await addMany(24, ago(31))
    const [first, second] = versions
    await activate(owner, track_id, first!.version_id)
    const keys = await sql<{ object_key: string }[]>`
      select object_key from track_versions where track_id = ${track_id} and number between 2 and 4
    `

    while ((await removeSurplusVersions(sql, now)) > 0);

    expect(await removedOf(track_id)).toEqual([2, 3, 4])
    const discarded = await sql`
      select object_key from discarded_objects where object_key = any(${keys.map((key) => key.object_key)})
    `
    expect(discarded).toHaveLength(3)
    const { body } = await read(owner, track_id, second!.version_id)
    expect(body).toMatchObject({ number: 2, status: 'removed', removed_at: now.toISOString() })
    expect(await activate(owner, track_id, second!.version_id)).toMatchObject({
      status: 409,
      problem: { code: 'track_not_ready' },
    })
    const source = createCallbackService({ sql, media }).source(track_id, second!.version_id)
    await expect(source).rejects.toMatchObject({ code: 'not_found' })
    await activate(owner, track_id, versions[10]!.version_id)
    expect(await removeSurplusVersions(sql, now)).toBe(1)
    expect(await removedOf(track_id)).toEqual([1, 2, 3, 4])
  })

  test('is part of the task that removes files, a limited number at a time', async () => {
    const { track_id } = await addMany(25, ago(31))
    const { media, uploads } = createBuckets()
    const rows = await sql<{ object_key: string; number: number }[]>`
      select object_key, number from track_versions where track_id = ${track_id}
    `
    for (const { object_key } of rows) media.arrive(object_key, Buffer.alloc(1))
    const exportStore = createMemoryStorage('exports').exports!
    const loadFieldKeys = async () => parseKeyRing(JSON.stringify({ kid: '1', key: 'f'.repeat(64) }))
    const tasks = createTasks({ sql, ...noRescans, loadFieldKeys, exportStore, media, uploads })
    const runTask = createTaskRunner({ tasks, now: () => now })

    const { done } = await runTask({ task: 'purge-tracks' }, () => true)

    expect(done).toMatchObject({ versions: 5 })
    const kept = rows.filter(({ number }) => number > 5).map(({ object_key }) => object_key)
    expect([...media.objects.keys()].sort()).toEqual(kept.sort())
  })

  test('keeps surplus for thirty days', async () => {
    const { track_id } = await addMany(22, ago(29))
    while ((await removeSurplusVersions(sql, now)) > 0);
    expect(await removedOf(track_id)).toEqual([])
  })

  test('and a choice at the same time never leave a track with a file that is gone', async () => {
    const { owner, track_id, versions } = await addMany(21, ago(31))
    const [one, other] = await openConnections(2)

    const [chosen] = await Promise.all([
      activate(owner, track_id, versions[0]!.version_id, createStudio(one!)),
      removeSurplusVersions(other!, now),
    ])

    const removed = await removedOf(track_id)
    expect(removed).toEqual(chosen.status === 200 ? [] : [1])
    expect([200, 409]).toContain(chosen.status)
  })

  test('finds what is due by its index', async () => {
    const plan = await sql.begin(async (tx) => {
      // However few rows there are here.
      await tx`set local enable_seqscan = off`
      return tx`
        explain select id from track_versions
        where is_surplus and removed_at is null and created_at <= now() order by created_at limit 100
      `
    })
    expect(JSON.stringify(plan)).toContain('track_versions_surplus')
  })
})
