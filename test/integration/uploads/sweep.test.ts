import { createUploadSweep } from '../../../lib/uploads/sweep.ts'
import { useDatabase } from '../../support/database.ts'
import { createUploading, parts } from '../../support/uploading.ts'

const { sql, settings } = useDatabase()
const { act, begin, later, now, rowOf, store } = createUploading(sql, settings)
const sweep = createUploadSweep({ sql, uploads: store })

beforeEach(async () => {
  await sql`update uploads set status = 'ready', multipart_id = null`
})
afterEach(() => store.objects.clear())

const isOpenAtStore = (key: string) => [...store.multiparts.values()].some((upload) => upload.key === key)

test('an upload that is over its time fails, and its parts are thrown away', async () => {
  const { actor, ids, key, put } = await begin()
  put(1, parts[0]!)
  later(24 * 60 - 1)
  await sweep.settleSome(now())
  expect(await rowOf(ids)).toMatchObject({ status: 'uploading' })
  later(16)

  expect(await sweep.settleSome(now())).toBe(1)
  expect(await sweep.throwSomeAway()).toBe(1)

  expect((await act('getUpload', actor, ids)).body).toMatchObject({
    status: 'failed',
    status_reason: 'upload_expired',
    timeline: [{ status: 'uploading' }, { status: 'failed', reason: 'upload_expired' }],
  })
  expect(isOpenAtStore(key)).toBe(false)
  expect(await sweep.throwSomeAway()).toBe(0)
  expect(await sweep.settleSome(now())).toBe(0)
})

test('a file that is there though the bucket did not say so is scanned', async () => {
  const { ids, key } = await begin({ size_bytes: 4 })
  store.arrive(key, Buffer.from('tide'))
  expect(await sweep.settleSome(now())).toBe(0)
  later(15)

  await sweep.settleSome(now())

  expect(await rowOf(ids)).toMatchObject({ status: 'scanning', object_etag: store.objects.get(key)!.etag })
  const sent = await sql`
    select from outbox where type = 'upload.redeliver' and payload->>'upload_id' = ${ids.upload_id}
  `
  expect(sent).toHaveLength(1)
})

test('a file that came in the last minute of its time is scanned, not given up', async () => {
  const { ids, key } = await begin({ size_bytes: 4 })
  store.arrive(key, Buffer.from('tide'))
  later(24 * 60 + 15)
  await sweep.settleSome(now())
  expect(await rowOf(ids)).toMatchObject({ status: 'scanning' })
})

describe('a completion that broke off', () => {
  const breakOff = async (when: 'before' | 'after') => {
    const begun = await begin()
    const named = parts.map((bytes, index) => begun.put(index + 1, bytes))
    store.failNext('completeMultipart', when)
    expect(await act('completeUpload', begun.actor, begun.ids, { parts: named })).toMatchObject({
      status: 500,
    })
    return begun
  }

  test.each(['before', 'after'] as const)('%s the store did it is finished a minute later', async (when) => {
    const { ids, key } = await breakOff(when)
    expect(await sweep.settleSome(now())).toBe(0)
    later(1)

    await sweep.settleSome(now())

    expect(await rowOf(ids)).toMatchObject({ status: 'scanning', multipart_id: null })
    expect(store.objects.get(key)?.bytes.length).toBe(101 * 1024 ** 2)
  })

  test('is tried again as long as its time is not over', async () => {
    const { ids } = await breakOff('before')
    later(1)
    store.failNext('find')
    await expect(sweep.settleSome(now())).rejects.toThrow('1 uploads')
    expect(await rowOf(ids)).toMatchObject({ status: 'uploading' })
    later(15)
    await sweep.settleSome(now())
    expect(await rowOf(ids)).toMatchObject({ status: 'scanning' })
  })
})

test('an upload that the store never began is given up', async () => {
  const { ids } = await begin()
  await sql`update uploads set multipart_id = null, looks_at = ${now()} where id = ${ids.upload_id}`
  later(1)
  await sweep.settleSome(now())
  expect(await rowOf(ids)).toMatchObject({ status: 'failed', status_reason: 'upload_expired' })
})

test('one that the store fails on keeps no other from being thrown away', async () => {
  const begun = [await begin(), await begin()]
  for (const { ids } of begun) await sql`update uploads set status = 'failed' where id = ${ids.upload_id}`
  store.failNext('abortMultipart')

  await expect(sweep.throwSomeAway()).rejects.toThrow('1 uploads')
  expect(begun.map(({ key }) => isOpenAtStore(key)).sort()).toEqual([false, true])
  expect(await sweep.throwSomeAway()).toBe(1)
  expect(begun.map(({ key }) => isOpenAtStore(key))).toEqual([false, false])
})

test('takes a limited number at a time, and each but once', async () => {
  const { actor, ids } = await begin({ size_bytes: 4 })
  await sql`update uploads set status = 'ready' where id = ${ids.upload_id}`
  await sql`
    with t as (
      insert into tracks (owner_id, title, rights_confirmed_at)
      select ${actor.id}, 'Low Tide', now() from generate_series(1, 25) returning id
    )
    insert into uploads (track_id, created_by, filename, content_type, size_bytes, object_key, expires_at, looks_at)
    select id, ${actor.id}, 'a.wav', 'audio/wav', 4, 'uploads/' || id || '/x', ${now()}, ${now()} from t
  `
  const counts = await Promise.all([sweep.settleSome(now()), sweep.settleSome(now())])
  expect(counts.sort((a, b) => a - b)).toEqual([5, 20])
  const [row] = await sql`
    select count(*)::int from uploads
    where created_by = ${actor.id} and status = 'failed' and status_reason = 'upload_expired'
  `
  expect(row).toEqual({ count: 25 })
})

test.each([
  {
    name: 'those to look at',
    index: 'uploads_to_look_at',
    where: () => sql`status = 'uploading' and looks_at <= now()`,
  },
  {
    name: 'those to throw away',
    index: 'uploads_to_abort',
    where: () => sql`multipart_id is not null and status in ('rejected', 'failed')`,
  },
])('an index finds $name', async ({ index, where }) => {
  const plan = await sql.begin(async (tx) => {
    await tx`set local enable_seqscan = off`
    return tx`explain select id from uploads where ${where()} limit 20`
  })
  expect(JSON.stringify(plan)).toContain(index)
})
