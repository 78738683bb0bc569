import { createHash } from 'node:crypto'
import { createDefinitionKeeper } from '../../../lib/definitions/keeper.ts'
import { createSets } from '../../../lib/definitions/sets.ts'
import { createDefinitionsWatch } from '../../../lib/definitions/watch.ts'
import { createRescanService, rescanMessage } from '../../../lib/media/rescan/service.ts'
import { createRescanSweep } from '../../../lib/media/rescan/sweep.ts'
import { readBucketEvent } from '../../../lib/media/s3-events.ts'
import { createClamd } from '../../../lib/media/scan/clamd.ts'
import { createScanService } from '../../../lib/media/scan/service.ts'
import { createTrackIntake } from '../../../lib/media/scan/track-intake.ts'
import { makeAudio } from '../../support/audio.ts'
import { useClamd } from '../../support/clamd.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { createMemoryDefinitions } from '../../support/definition-store.ts'
import { createStudio } from '../../support/studio.ts'
import { createBuckets, seedActor, seedUpload } from '../../support/tracks.ts'

const db = useDatabase()
const { sql } = db
const openConnections = useConnections(db)
const engine = useClamd()
const store = createMemoryDefinitions()
const minute = 60_000
const day = 24 * 60 * minute
const wav = await makeAudio('wav')
let serial = 0

const clamd = () => createClamd({ socketPath: engine.socketPath, startPatienceMs: 5_000 })
const harmless = { 'local.ndb': 'Test.Nothing:0:*:00112233445566778899aabbccddeeff\n' }
/** Signatures of exactly these files. */
const signaturesOf = (...files: readonly Buffer[]) => ({
  'local.hsb': files
    .map((file) => `${createHash('sha256').update(file).digest('hex')}:${file.length}:Test.Late:73\n`)
    .join(''),
})
const publish = (files: Readonly<Record<string, string>>) => {
  const version = `set-${Date.now()}-${++serial}`
  store.publish(version, files)
  return version
}

function compose(buckets = createBuckets(), on = sql) {
  const keeper = createDefinitionKeeper({
    store,
    clamd: clamd(),
    sets: createSets({
      directory: engine.environment.DEFINITIONS_DIRECTORY!,
      bundled: engine.environment.BUNDLED_DEFINITIONS!,
    }),
    lookEveryMs: 5 * minute,
    reloadPatienceMs: 15_000,
  })
  const scans = createScanService({ intakes: [createTrackIntake({ sql: on })], ...buckets, clamd: clamd() })
  let looks = 0
  const counted = {
    ...clamd(),
    scan: (source: AsyncIterable<Uint8Array>) => {
      looks++
      return clamd().scan(source)
    },
  }
  const rescans = createRescanService({ sql: on, media: buckets.media, clamd: counted, keeper })
  return { buckets, scans, rescans, looks: () => looks }
}

/** A file of its own that was let in, plays, and is public. */
async function letIn({ buckets, scans }: ReturnType<typeof compose>) {
  const file = Buffer.concat([wav, Buffer.from(`tail ${++serial}`)])
  const owner = await seedActor(sql)
  const { track_id, event } = await seedUpload(sql, buckets, owner, { file })
  for (const object of readBucketEvent(event)) await scans.handle(object)
  const [version] = await sql<[{ id: string; object_key: string }]>`
    with ready as (
      update track_versions set ready_at = now(), manifest_key = 'm.m3u8' where track_id = ${track_id}
      returning id, upload_id, object_key
    ), done as (
      update uploads set status = 'ready' from ready where uploads.id = ready.upload_id
    ), played as (
      update tracks set status = 'ready', visibility = 'public', current_version_id = ready.id
      from ready where tracks.id = ${track_id}
    )
    select id, object_key from ready
  `
  return { owner, track_id, file, ...version }
}

const rowOf = async (id: string) => {
  const [row] = await sql<
    [{ definitions_version: string; withdrawn_at: Date | null; sealed_at: Date | null; asked: Date | null }]
  >`select definitions_version, withdrawn_at, sealed_at, rescan_asked_at as asked from track_versions where id = ${id}`
  return row
}

/** One run of the scheduler's task; answers with the bodies that it put into the queue. */
async function sweep({ perMinute = 10, now = new Date(), on = sql } = {}) {
  const bodies: unknown[] = []
  const queue = {
    send: async (messages: readonly { id: string; body: string }[]) => {
      bodies.push(...messages.map(({ body }) => JSON.parse(body)))
      return messages.map(({ id }) => id)
    },
  }
  await createDefinitionsWatch(on, store)(now)
  const ask = createRescanSweep({ sql: on, queue, rules: { days: 30, perMinute } })
  while ((await ask(now)) > 0);
  return bodies.map((body) => rescanMessage.parse(body))
}

const idsOf = (messages: Awaited<ReturnType<typeof sweep>>) => messages.map(({ rescan }) => rescan.version_id)

beforeEach(async () => {
  store.objects.clear()
  await sql`update track_versions set removed_at = now(), rescan_asked_at = null`
  await sql`delete from virus_definitions`
})

test('the first scan stands on record with the definitions that it was made by', async () => {
  const { id } = await letIn(compose())

  const [row] = await sql`select definitions_version, scanned_at from track_versions where id = ${id}`
  expect(row).toEqual({ definitions_version: expect.any(String), scanned_at: expect.any(Date) })
})

test('what a new set finds is withdrawn, and its object is sealed; the rest is found clean by the new set', async () => {
  const worker = compose()
  const bad = await letIn(worker)
  const good = await letIn(worker)
  const version = publish(signaturesOf(bad.file))

  const messages = await sweep()
  expect(idsOf(messages).sort()).toEqual([bad.id, good.id].sort())
  for (const message of messages) await worker.rescans.handle(message)

  expect(await rowOf(bad.id)).toMatchObject({ definitions_version: version, withdrawn_at: expect.any(Date) })
  expect((await rowOf(bad.id)).sealed_at).not.toBeNull()
  expect(worker.buckets.media.objects.get(bad.object_key)!.tags).toEqual({ verdict: 'infected' })
  expect(await rowOf(good.id)).toMatchObject({ definitions_version: version, withdrawn_at: null })
  expect(worker.buckets.media.objects.get(good.object_key)!.tags).toEqual({})
  const { get } = createStudio(sql)
  expect((await get(undefined, bad.track_id)).status).toBe(404)
  expect((await get(undefined, good.track_id)).status).toBe(200)
  expect(await sweep({ now: new Date(Date.now() + 31 * minute) })).toEqual([])
})

test('what was let in more than 30 days ago, is withdrawn, removed or not stored is not asked for', async () => {
  const worker = compose()
  const [old, withdrawn, removed, unstored, fresh] = await Promise.all(
    Array.from({ length: 5 }, () => letIn(worker)),
  )
  await sql`update track_versions set stored_at = now() - interval '31 days' where id = ${old!.id}`
  await sql`update track_versions set withdrawn_at = now(), sealed_at = now() where id = ${withdrawn!.id}`
  await sql`update track_versions set removed_at = now() where id = ${removed!.id}`
  await sql`update track_versions set stored_at = null where id = ${unstored!.id}`
  publish(harmless)

  expect(idsOf(await sweep())).toEqual([fresh!.id])
})

describe('the rate', () => {
  test('is so many a minute, the newest first, however often the task runs', async () => {
    const worker = compose()
    const all = []
    for (let count = 0; count < 5; count++) all.push(await letIn(worker))
    publish(harmless)
    const [first, second, third, fourth] = all.reverse().map(({ id }) => id)

    const now = new Date()
    expect(idsOf(await sweep({ perMinute: 2, now })).sort()).toEqual([first, second].sort())
    expect(await sweep({ perMinute: 2, now: new Date(now.getTime() + 50_000) })).toEqual([])
    // What is not worked off holds the rest back.
    expect(await sweep({ perMinute: 2, now: new Date(now.getTime() + 5 * minute) })).toEqual([])
    await sql`update track_versions set scanned_at = ${new Date(now.getTime() + minute)} where id in (${first!}, ${second!})`
    const later = await sweep({ perMinute: 2, now: new Date(now.getTime() + 6 * minute) })
    expect(idsOf(later).sort()).toEqual([third, fourth].sort())
  })

  test('holds where several run at once', async () => {
    const worker = compose()
    for (let count = 0; count < 4; count++) await letIn(worker)
    publish(harmless)
    await sweep({ perMinute: 1 })
    const connections = await openConnections(3)

    const runs = await Promise.all(connections.map((on) => sweep({ perMinute: 4, on })))

    const ids = idsOf(runs.flat())
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('a message that was lost is sent again after half an hour', async () => {
    const worker = compose()
    const { id } = await letIn(worker)
    publish(harmless)
    await sweep()

    expect(await sweep({ now: new Date(Date.now() + 20 * minute) })).toEqual([])
    expect(idsOf(await sweep({ now: new Date(Date.now() + 31 * minute) }))).toEqual([id])
  })
})

test('a sweep that is over is not gone through again before there is a new set', async () => {
  const worker = compose()
  await letIn(worker)
  publish(harmless)
  for (const message of await sweep()) await worker.rescans.handle(message)
  const swept = () => sql`select version from virus_definitions where swept_at is not null`

  await sweep({ now: new Date(Date.now() + 10 * minute) })
  expect(await swept()).toEqual([])
  await sweep({ now: new Date(Date.now() + 70 * minute) })
  expect(await swept()).toHaveLength(1)

  const { id } = await letIn(worker)
  publish(signaturesOf(Buffer.from('another')))
  expect(idsOf(await sweep({ now: new Date(Date.now() + 80 * minute) }))).toContain(id)
})

describe('a message', () => {
  test('that comes twice, also at once, withdraws once and scans no more than it must', async () => {
    const worker = compose()
    const bad = await letIn(worker)
    publish(signaturesOf(bad.file))
    const [message] = await sweep()
    const others = (await openConnections(2)).map((on) => compose(worker.buckets, on))

    await Promise.all(others.map(({ rescans }) => rescans.handle(message!)))
    await worker.rescans.handle(message!)

    expect(worker.looks()).toBe(0)
    const trail = await sql`select from audit_events where target = ${`version:${bad.id}`}`
    expect(trail).toHaveLength(1)
    expect(await rowOf(bad.id)).toMatchObject({ sealed_at: expect.any(Date) })
  })

  test('whose worker ended before the object was sealed is taken up by the next run, without a scan', async () => {
    const worker = compose()
    const bad = await letIn(worker)
    publish(signaturesOf(bad.file))
    const [message] = await sweep()
    worker.buckets.media.failNext('tag')
    await expect(worker.rescans.handle(message!)).rejects.toThrow('tag fails')
    expect(await rowOf(bad.id)).toMatchObject({ withdrawn_at: expect.any(Date), sealed_at: null })

    const again = await sweep({ now: new Date(Date.now() + 31 * minute) })
    expect(idsOf(again)).toEqual([bad.id])
    await worker.rescans.handle(again[0]!)

    expect(worker.buckets.media.objects.get(bad.object_key)!.tags).toEqual({ verdict: 'infected' })
    expect(await rowOf(bad.id)).toMatchObject({ sealed_at: expect.any(Date) })
    expect(worker.looks()).toBe(1)
  })

  test('about a version that was removed on the way does nothing; about one that cannot be read fails', async () => {
    const worker = compose()
    const { id, object_key } = await letIn(worker)
    publish(harmless)
    const [message] = await sweep()
    worker.buckets.media.failNext('getStream')
    await expect(worker.rescans.handle(message!)).rejects.toThrow('getStream fails')

    await sql`update track_versions set removed_at = now() where id = ${id}`
    await worker.buckets.media.remove(object_key)
    await worker.rescans.handle(message!)

    expect(worker.looks()).toBe(0)
  })

  test('where the set cannot be had scans nothing, and is asked for again', async () => {
    const worker = compose()
    const { id } = await letIn(worker)
    const before = (await rowOf(id)).definitions_version
    publish({ 'rare.ndb': 'Test.Rare:0:*:ffeeddccbbaa00112233445566778899\n' })
    const [message] = await sweep()
    for (const key of store.objects.keys()) if (key.endsWith('/rare.ndb')) store.objects.delete(key)
    await sql`update track_versions set definitions_version = ${await clamd().definitions()} where id = ${id}`

    await worker.rescans.handle(message!)

    expect(worker.looks()).toBe(0)
    expect(before).toEqual(expect.any(String))
    expect(idsOf(await sweep({ now: new Date(Date.now() + day / 2) }))).toEqual([id])
  })
})

describe('a version that a moderator takes for clean', () => {
  async function withdrawn() {
    const worker = compose()
    const version = await letIn(worker)
    publish(signaturesOf(version.file))
    for (const message of await sweep()) await worker.rescans.handle(message)
    await sql`
      update track_versions set reinstate_asked_by = ${version.owner.id}, rescan_asked_at = null where id = ${version.id}
    `
    return { worker, ...version }
  }

  test('plays again and can be read where the definitions find nothing any more', async () => {
    const { worker, id, track_id, object_key } = await withdrawn()
    publish(harmless)

    const messages = await sweep()
    expect(idsOf(messages)).toEqual([id])
    for (const message of messages) await worker.rescans.handle(message)

    expect(await rowOf(id)).toMatchObject({ withdrawn_at: null, sealed_at: null })
    expect(worker.buckets.media.objects.get(object_key)!.tags).toEqual({ verdict: 'clean' })
    expect((await createStudio(sql).get(undefined, track_id)).status).toBe(200)
  })

  test('stays withdrawn and sealed where they still find it, and is not asked about again', async () => {
    const { worker, id, object_key } = await withdrawn()

    for (const message of await sweep()) await worker.rescans.handle(message)

    expect(await rowOf(id)).toMatchObject({ withdrawn_at: expect.any(Date), sealed_at: expect.any(Date) })
    expect(worker.buckets.media.objects.get(object_key)!.tags).toEqual({ verdict: 'infected' })
    expect(await sweep({ now: new Date(Date.now() + 31 * minute) })).toEqual([])
  })
})

test('the set that was in force before is so again when the manifest says it', async () => {
  const inForce = async () =>
    (await sql`select version from virus_definitions order by current_since desc limit 1`)[0]!.version
  const [first, second] = ['set-a', 'set-b']
  for (const [index, version] of [first, second, second, first].entries()) {
    store.publish(version!, harmless)
    await createDefinitionsWatch(sql, store)(new Date(Date.now() + index * minute))
    expect(await inForce()).toBe(version)
  }
})
