import { connect } from '../../../lib/db/client.ts'
import { createCallbackService } from '../../../lib/media/streams/callback-service.ts'
import { requestPrepare, sendDueJobs } from '../../../lib/media/streams/prepare-jobs.ts'
import { createPrepareService } from '../../../lib/media/streams/prepare-service.ts'
import { JobNotTaken, type PrepareJob } from '../../../lib/media/streams/stream-server.ts'
import { createUploadRetry } from '../../../lib/uploads/retry.ts'
import { useDatabase } from '../../support/database.ts'
import { jobOf, jobStateOf, seedPrepare, takeEvents } from '../../support/prepare.ts'
import { createPrepareDesk, refuse } from '../../support/prepare-desk.ts'
import { createBuckets } from '../../support/tracks.ts'

const { sql, settings } = useDatabase()
const { now, sent, answerWith, pass, ready, failed, work, clear } = createPrepareDesk(
  sql,
  new Date('2026-03-01T12:00:00Z'),
)
beforeEach(clear)

const connections = Array.from({ length: 3 }, () => connect(settings))
afterAll(() => Promise.all(connections.map((own) => own.end())))

test('pollers send a job that is due once', async () => {
  answerWith(refuse)
  const jobs = [await seedPrepare(sql, now()), await seedPrepare(sql, now()), await seedPrepare(sql, now())]
  for (const job of jobs) await work(job)
  pass(1)

  const counts = await Promise.all(connections.map((own) => sendDueJobs(own, now())))

  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(3)
  for (const job of jobs) expect(await takeEvents(sql, job)).toEqual([jobOf(job)])
})

test('workers that got the same event ask the stream server once', async () => {
  const job = await seedPrepare(sql, now())
  const asked: PrepareJob[] = []
  const streamServer = { prepare: async (one: PrepareJob) => void asked.push(one) }

  await Promise.all(
    connections.map((own) => createPrepareService({ sql: own, now, streamServer }).prepare(jobOf(job))),
  )

  expect(asked).toEqual([jobOf(job)])
  expect(await jobStateOf(sql, job)).toMatchObject({ status: 'accepted', tries: 1 })
})

test('a callback that comes while the job is sent again is what counts', async () => {
  const job = await seedPrepare(sql, now())
  await work(job)
  pass(30)
  answerWith(async () => void (await ready(job)))

  await work(job)

  expect(sent).toHaveLength(2)
  expect(await jobStateOf(sql, job)).toMatchObject({
    status: 'ready',
    upload: 'ready',
    next_attempt_at: null,
  })
})

test('a callback that comes during the eighth try, which fails, is what counts', async () => {
  const job = await seedPrepare(sql, now())
  await sql`update stream_jobs set tries = 7 where id = ${job.job_id}`
  answerWith(async () => {
    await ready(job)
    throw new JobNotTaken(503)
  })
  await work(job)
  expect(await jobStateOf(sql, job)).toMatchObject({ status: 'ready', upload: 'ready' })
})

test('a late callback and a retry of the user never undo each other', async () => {
  for (let round = 0; round < 10; round++) {
    const job = await seedPrepare(sql, now())
    await work(job)
    await failed(job)
    const [callback, retry] = connections
    const late = createCallbackService({ sql: callback!, media: createBuckets().media, now })
    const retryUpload = createUploadRetry({ sql: retry!, relay: { flushSoon: async () => {} }, now })

    const [result] = await Promise.all([
      late.ready(job.track_id, { ...jobOf(job), manifest_key: 'm.m3u8', renditions: [] }),
      retryUpload(job.actor, job.track_id, job.upload_id),
    ])

    expect(result).toBe('ignored')
    const jobs = await sql`select status from stream_jobs where version_id = ${job.version_id} order by id`
    expect(jobs).toEqual([{ status: 'failed' }, { status: 'queued' }])
    expect(await jobStateOf(sql, job)).toMatchObject({ upload: 'transcoding', status_reason: null })
  }
})

test('a callback and a new job of the version end in one of the two', async () => {
  for (let round = 0; round < 10; round++) {
    const job = await seedPrepare(sql, now())
    await work(job)
    const { version_id: id, track_id } = job
    const [result, job_id] = await Promise.all([
      createCallbackService({ sql: connections[0]!, media: createBuckets().media, now }).ready(track_id, {
        ...jobOf(job),
        manifest_key: 'm.m3u8',
        renditions: [],
      }),
      connections[1]!.begin(async (tx) => {
        await tx`select from tracks where id = ${track_id} for no key update`
        const [upload] = await tx`select status from uploads where id = ${job.upload_id}`
        return upload!.status === 'ready' ? undefined : requestPrepare(tx, { id, track_id }, now())
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
