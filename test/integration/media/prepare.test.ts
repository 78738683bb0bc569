import { randomUUID } from 'node:crypto'
import { connect } from '../../../lib/db/client.ts'
import { createCallbackService } from '../../../lib/media/callback-service.ts'
import { adoptLostJobs, requestPrepare, sendDueJobs } from '../../../lib/media/prepare-jobs.ts'
import { createPrepareService } from '../../../lib/media/prepare-service.ts'
import { JobNotTaken, type PrepareJob } from '../../../lib/media/stream-server.ts'
import { later, minuteMs } from '../../../lib/time.ts'
import { createTrackDeletionService } from '../../../lib/tracks/deletion-service.ts'
import { useDatabase } from '../../support/database.ts'
import { jobOf, jobStateOf, type Prepared, seedPrepare, takeEvents } from '../../support/prepare.ts'
import { createBuckets } from '../../support/tracks.ts'

const { sql, settings } = useDatabase()
const start = new Date('2026-03-01T12:00:00Z')
const { media } = createBuckets()

let at = start
const now = () => at
const sent: PrepareJob[] = []
let answer: () => Promise<void>

const { prepare } = createPrepareService({
  sql,
  now,
  streamServer: {
    prepare: async (job) => {
      sent.push(job)
      await answer()
    },
  },
})
const callbacks = createCallbackService({ sql, media, now })

const accept = async () => {}
const refuse = async () => {
  throw new JobNotTaken(500)
}
const ready = ({ track_id, version_id, job_id }: Prepared) =>
  callbacks.ready(track_id, { version_id, job_id, manifest_key: 'm.m3u8', renditions: [] })
const failed = ({ track_id, version_id, job_id }: Prepared, is_transient = false) =>
  callbacks.failed(track_id, { version_id, job_id, reason: 'no space left', is_transient })
const pass = (minutes: number) => {
  at = later(at, minutes * minuteMs)
}

/** What the clock and the queue do between them. */
async function work(job: Prepared) {
  await sendDueJobs(sql, at)
  for (const event of await takeEvents(sql, job)) await prepare(event)
}

beforeEach(async () => {
  at = start
  answer = accept
  sent.splice(0)
  await sql`delete from stream_jobs`
  await sql`update uploads set status = 'failed' where status = 'transcoding'`
})

test('is asked for in the same breath, sent once and then waits for its callback', async () => {
  const job = await seedPrepare(sql, at)
  expect(await jobStateOf(sql, job)).toMatchObject({ status: 'queued', tries: 0 })

  await work(job)

  expect(sent).toEqual([jobOf(job)])
  expect(await jobStateOf(sql, job)).toMatchObject({
    status: 'accepted',
    tries: 1,
    reason: null,
    next_attempt_at: later(start, 30 * minuteMs),
    timeline: ['queued', 'sending', 'accepted'],
  })
  expect(await ready(job)).toBe('accepted')
  expect(await jobStateOf(sql, job)).toMatchObject({
    status: 'ready',
    next_attempt_at: null,
    upload: 'ready',
  })
})

test('is tried eight times, after 1, 5, 15 and then every 60 minutes, and then has failed with its reason', async () => {
  answer = refuse
  const job = await seedPrepare(sql, at)
  await work(job)

  for (const minutes of [1, 5, 15, 60, 60, 60, 60]) {
    const { next_attempt_at } = (await jobStateOf(sql, job))!
    expect(next_attempt_at).toEqual(later(at, minutes * minuteMs))
    const before = sent.length
    at = later(next_attempt_at, -1)
    await work(job)
    expect(sent).toHaveLength(before)
    at = next_attempt_at
    await work(job)
    expect(sent).toHaveLength(before + 1)
  }

  expect(sent).toEqual(Array(8).fill(jobOf(job)))
  expect(await jobStateOf(sql, job)).toMatchObject({
    status: 'failed',
    tries: 8,
    reason: 'answered_500',
    next_attempt_at: null,
    upload: 'failed',
    status_reason: 'stream_failed',
  })
  pass(600)
  await work(job)
  expect(sent).toHaveLength(8)
})

test('that was accepted and not heard of for half an hour is asked for again, as the same job', async () => {
  const job = await seedPrepare(sql, at)
  await work(job)

  pass(29)
  await work(job)
  expect(sent).toHaveLength(1)
  pass(1)
  await work(job)

  expect(sent).toEqual([jobOf(job), jobOf(job)])
  expect(await jobStateOf(sql, job)).toMatchObject({ status: 'accepted', tries: 2, upload: 'transcoding' })
})

test('that is never heard of is given up half an hour after its eighth try', async () => {
  const job = await seedPrepare(sql, at)
  for (let tries = 0; tries < 8; tries++) {
    await work(job)
    pass(30)
  }
  expect(await jobStateOf(sql, job)).toMatchObject({ status: 'accepted', tries: 8 })

  await work(job)

  expect(sent).toHaveLength(8)
  expect(await jobStateOf(sql, job)).toMatchObject({
    status: 'failed',
    reason: 'no_callback',
    status_reason: 'stream_failed',
  })
})

test('whose worker died in the middle is tried again', async () => {
  const job = await seedPrepare(sql, at)
  await takeEvents(sql, job)
  await sql`
    update stream_jobs
    set status = 'sending', tries = 1, next_attempt_at = ${later(at, minuteMs)}
    where id = ${job.job_id}
  `
  pass(1)
  await work(job)
  expect(await jobStateOf(sql, job)).toMatchObject({ status: 'accepted', tries: 2 })
})

test('whose event was lost is queued again', async () => {
  const job = await seedPrepare(sql, at)
  await takeEvents(sql, job)
  pass(15)
  await work(job)
  expect(await jobStateOf(sql, job)).toMatchObject({ status: 'accepted', tries: 1 })
})

test('that has no row is taken in and sent', async () => {
  const job = await seedPrepare(sql, at)
  await takeEvents(sql, job)
  await sql`delete from stream_jobs where id = ${job.job_id}`

  expect(await adoptLostJobs(sql, at)).toBe(1)
  expect(await adoptLostJobs(sql, at)).toBe(0)
  await work(job)

  expect(sent).toEqual([jobOf(job)])
  expect(await ready(job)).toBe('accepted')
})

describe('stream-failed', () => {
  test('that may pass is tried again after the same waits, and counts', async () => {
    const job = await seedPrepare(sql, at)
    await work(job)

    expect(await failed(job, true)).toBe('accepted')
    expect(await failed(job, true)).toBe('accepted')
    expect(await jobStateOf(sql, job)).toMatchObject({
      status: 'waiting',
      tries: 1,
      reason: 'no space left',
      next_attempt_at: later(at, minuteMs),
      upload: 'transcoding',
      timeline: ['queued', 'sending', 'accepted', 'waiting'],
    })
    pass(1)
    await work(job)
    expect(sent).toEqual([jobOf(job), jobOf(job)])
    expect(await ready(job)).toBe('accepted')
  })

  test('that may pass is the end after the eighth try', async () => {
    const job = await seedPrepare(sql, at)
    for (let tries = 0; tries < 8; tries++) {
      await work(job)
      await failed(job, true)
      pass(60)
    }
    expect(sent).toHaveLength(8)
    expect(await jobStateOf(sql, job)).toMatchObject({
      status: 'failed',
      reason: 'no space left',
      status_reason: 'stream_failed',
    })
  })

  test('of anything else is the end at once', async () => {
    const job = await seedPrepare(sql, at)
    await work(job)
    await failed(job)
    expect(await jobStateOf(sql, job)).toMatchObject({
      status: 'failed',
      reason: 'no space left',
      upload: 'failed',
    })
  })
})

test.each([
  { name: 'the version is ready', lapse: ready, status: 'ready' },
  {
    name: 'the track is deleted',
    lapse: ({ actor, track_id }: Prepared) =>
      createTrackDeletionService({ sql }).remove(actor, track_id, () => {}),
    status: 'lapsed',
  },
  {
    name: 'another job took over',
    lapse: ({ version_id }: Prepared) =>
      sql`update track_versions set stream_job_id = ${randomUUID()} where id = ${version_id}`,
    status: 'lapsed',
  },
])('lapses when $name', async ({ lapse, status }) => {
  const job = await seedPrepare(sql, at)
  await lapse(job)
  await work(job)
  expect(sent).toEqual([])
  const [row] = await sql`select status from stream_jobs where id = ${job.job_id}`
  expect(row).toEqual({ status })
})

test('a new job of the version ends the one before, whose callbacks no longer count', async () => {
  const first = await seedPrepare(sql, at)
  await work(first)
  const { version_id: id, track_id } = first
  const job_id = await sql.begin((tx) => requestPrepare(tx, { id, track_id }, at))
  const second = { ...first, job_id }

  expect(await ready(first)).toBe('ignored')
  expect(await failed(first)).toBe('ignored')
  await work(second)

  expect(sent).toEqual([jobOf(first), jobOf(second)])
  expect(await jobStateOf(sql, first)).toMatchObject({ status: 'lapsed' })
  expect(await ready(second)).toBe('accepted')
})

describe('at the same time', () => {
  const connections = Array.from({ length: 3 }, () => connect(settings))
  afterAll(() => Promise.all(connections.map((own) => own.end())))

  test('pollers send a job that is due once', async () => {
    answer = refuse
    const jobs = [await seedPrepare(sql, at), await seedPrepare(sql, at), await seedPrepare(sql, at)]
    for (const job of jobs) await work(job)
    pass(1)

    const counts = await Promise.all(connections.map((own) => sendDueJobs(own, at)))

    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(3)
    for (const job of jobs) expect(await takeEvents(sql, job)).toEqual([jobOf(job)])
  })

  test('workers that got the same event ask the stream server once', async () => {
    const job = await seedPrepare(sql, at)
    const asked: PrepareJob[] = []
    const streamServer = { prepare: async (one: PrepareJob) => void asked.push(one) }

    await Promise.all(
      connections.map((own) => createPrepareService({ sql: own, now, streamServer }).prepare(jobOf(job))),
    )

    expect(asked).toEqual([jobOf(job)])
    expect(await jobStateOf(sql, job)).toMatchObject({ status: 'accepted', tries: 1 })
  })

  test('a callback that comes while the job is sent again is what counts', async () => {
    const job = await seedPrepare(sql, at)
    await work(job)
    pass(30)
    answer = async () => void (await ready(job))

    await work(job)

    expect(sent).toHaveLength(2)
    expect(await jobStateOf(sql, job)).toMatchObject({
      status: 'ready',
      upload: 'ready',
      next_attempt_at: null,
    })
  })

  test('a callback that comes during the eighth try, which fails, is what counts', async () => {
    const job = await seedPrepare(sql, at)
    await sql`update stream_jobs set tries = 7 where id = ${job.job_id}`
    answer = async () => {
      await ready(job)
      throw new JobNotTaken(503)
    }
    await work(job)
    expect(await jobStateOf(sql, job)).toMatchObject({ status: 'ready', upload: 'ready' })
  })

  test('a late callback and a retry end in one of the two, never in both', async () => {
    for (let round = 0; round < 10; round++) {
      const job = await seedPrepare(sql, at)
      await work(job)
      const { version_id: id, track_id } = job
      const [result, job_id] = await Promise.all([
        createCallbackService({ sql: connections[0]!, media, now }).ready(track_id, {
          ...jobOf(job),
          manifest_key: 'm.m3u8',
          renditions: [],
        }),
        connections[1]!.begin(async (tx) => {
          await tx`select from tracks where id = ${track_id} for no key update`
          const [upload] = await tx`select status from uploads where id = ${job.upload_id}`
          return upload!.status === 'ready' ? undefined : requestPrepare(tx, { id, track_id }, at)
        }),
      ])
      const outcomes = { accepted: job_id === undefined, ignored: job_id !== undefined }
      expect(outcomes[result]).toBe(true)
      const [{ live }] = await sql<[{ live: number }]>`
        select count(*)::int as live from stream_jobs where version_id = ${id} and next_attempt_at is not null
      `
      expect(live).toBe(job_id === undefined ? 0 : 1)
    }
  })
})
