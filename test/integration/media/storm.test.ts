import { jest } from '@jest/globals'
import type { Sql } from '../../../lib/db/client.ts'
import { logger } from '../../../lib/logger.ts'
import { serveMediaFrom } from '../../../lib/media/delivery/open-url.ts'
import { failStuck, redeliverStuck } from '../../../lib/media/watchdog.ts'
import { dayMs, later } from '../../../lib/time.ts'
import { createRemoval } from '../../../lib/tracks/purge.ts'
import { findUsage } from '../../../lib/uploads/quotas-repository.ts'
import { createUploadSweep } from '../../../lib/uploads/sweep.ts'
import { createChance } from '../../bench/catalogue/chance.ts'
import { makeAudio } from '../../support/audio.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { createMediaMoves } from '../../support/media-moves.ts'
import type { MediaStage } from '../../support/media-stage.ts'
import { play } from '../../support/moves.ts'
import { seedPerson } from '../../support/social.ts'
import { createBuckets } from '../../support/tracks.ts'

const db = useDatabase()
const { sql } = db
const openConnections = useConnections(db)
const warned = jest.spyOn(logger, 'warn')

serveMediaFrom('https://media.test')

const movesOfALane = 300

/** What leaves little to do for everybody else. */
const rare = new Set([
  'abortUpload',
  'deleteTrack',
  'expire',
  'failStuck',
  'giveUpInspection',
  'giveUpScan',
  'purge',
  'putOut',
  'withdraw',
])

async function setStage(): Promise<MediaStage> {
  const people = [await seedPerson(sql), await seedPerson(sql)]
  const moderator = await seedPerson(sql, undefined, { role: 'moderator' })
  const good = await makeAudio('wav')
  const files = [good, good, good, Buffer.alloc(good.length, 7)]
  return {
    people,
    moderator,
    ...createBuckets(),
    scanQueue: [],
    metadataQueue: [],
    files,
    size_bytes: good.length,
  }
}

const wronglyPlaying = () => sql`
  select t.id from tracks t
  left join track_versions v on v.id = t.current_version_id
  where t.current_version_id is not null and (
    t.status <> 'ready' or v.track_id <> t.id or v.ready_at is null or v.withdrawn_at is not null
    or v.removed_at is not null
  )
`

/** A track that plays nothing is where one of its uploads is. */
const wrongStatuses = () => sql`
  select t.id, t.status, t.status_reason,
    array(select u.status || ' ' || coalesce(u.status_reason, '') from uploads u where u.track_id = t.id order by u.id) as uploads
  from tracks t
  where t.current_version_id is null and t.purged_at is null and t.deleted_at is null and t.status <> 'draft'
    and not exists (
      select from uploads u
      where u.track_id = t.id and u.status = t.status and u.status_reason is not distinct from t.status_reason
    )
`

const crowdedTracks = () => sql`
  select track_id from uploads where status in ('uploading', 'scanning', 'processing', 'transcoding')
  group by track_id having count(*) > 1
`

/** Versions with more than one job under way, and uploads that wait for a stream nobody was asked for. */
const wrongJobs = () => sql`
  select version_id as id from stream_jobs where next_attempt_at is not null group by version_id having count(*) > 1
  union all
  select u.id from uploads u left join track_versions v on v.upload_id = u.id
  left join stream_jobs j on j.id = v.stream_job_id and j.next_attempt_at is not null
  where u.status = 'transcoding' and j.id is null
`

async function lostFiles({ people, media }: MediaStage) {
  const owners = people.map(({ id }) => id)
  const rows = await sql<{ object_key: string; is_wanted: boolean }[]>`
    with versions as (
      select v.* from track_versions v join tracks t on t.id = v.track_id where t.owner_id = any(${owners}::uuid[])
    )
    select object_key, stored_at is not null as is_wanted from versions where removed_at is null
    union all select f.object_key, true from version_files f join versions v on v.id = f.version_id
  `
  const named = new Set(rows.map(({ object_key }) => object_key))
  const missing = rows.filter(({ object_key, is_wanted }) => is_wanted && !media.objects.has(object_key))
  return { missing, forgotten: [...media.objects.keys()].filter((key) => !named.has(key)) }
}

async function expectQuotas({ people }: MediaStage, now: Date) {
  for (const { id } of people) {
    const [row] = await sql<[{ bytes: number; open: number }]>`
      select
        coalesce(sum(size_bytes) filter (where is_kept), 0)::bigint as bytes,
        count(*) filter (where status = 'uploading' and expires_at > ${now})::int as open
      from (
        select u.*, (status = 'uploading' and expires_at > ${now}) or status = 'scanning' or exists (
          select from track_versions v where v.upload_id = u.id and removed_at is null and withdrawn_at is null
        ) as is_kept
        from uploads u where created_by = ${id}
      ) u
    `
    expect(await findUsage(sql, id, now)).toMatchObject({ bytes: row.bytes, concurrent_uploads: row.open })
    expect(row.open).toBeLessThanOrEqual(5)
  }
}

/** As if nobody did anything any more but the clock. */
async function passDays(on: Sql, { uploads, media }: MediaStage) {
  const sweep = createUploadSweep({ sql: on, uploads })
  const remove = createRemoval({ sql: on, media })
  for (let day = 1; day <= 4; day++) {
    const at = later(new Date(), day * dayMs)
    while ((await sweep.settleSome(at)) > 0);
    while ((await sweep.throwSomeAway()) > 0);
    await redeliverStuck(on, at)
    await failStuck(on, at)
  }
  while ((await remove()) > 0);
}

test.each([1, 2, 3])(
  'whatever comes upon the files of few tracks at once, they are whole (%p)',
  async (seed) => {
    const stage = await setStage()
    const connections = await openConnections(6)
    const outcomes = await Promise.all(
      connections.map((own, lane) => {
        const chance = createChance(seed * 100 + lane)
        return play(createMediaMoves({ ...stage, sql: own, chance }), chance, {
          count: movesOfALane,
          rare,
          oneIn: 6,
        })
      }),
    )
    const done = new Set(outcomes.flatMap((each) => [...each.done]))

    expect(outcomes.flatMap(({ failures }) => failures)).toEqual([])
    expect(warned.mock.calls.filter(([text]) => String(text).includes('deadlock'))).toEqual([])
    for (const name of ['requestUpload', 'arrive', 'scan']) expect(done).toContain(name)
    expect(await wronglyPlaying()).toEqual([])
    expect(await crowdedTracks()).toEqual([])
    expect(await wrongJobs()).toEqual([])
    expect(await wrongStatuses()).toEqual([])
    await expectQuotas(stage, new Date())

    await passDays(sql, stage)
    expect(
      await sql`select status from uploads where status in ('uploading', 'scanning', 'processing')`,
    ).toEqual([])
    expect(stage.uploads.multiparts.size).toBe(0)
    expect(await lostFiles(stage)).toEqual({ missing: [], forgotten: [] })
  },
  120_000,
)
