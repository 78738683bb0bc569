import { randomUUID } from 'node:crypto'
import { adoptLostJobs, requestPrepare } from '../../../lib/media/streams/prepare-jobs.ts'
import { later, minuteMs } from '../../../lib/time.ts'
import { createTrackDeletionService } from '../../../lib/tracks/deletion-service.ts'
import { createUploadRetry } from '../../../lib/uploads/retry.ts'
import { useDatabase } from '../../support/database.ts'
import { jobOf, jobStateOf, type Prepared, seedPrepare, takeEvents } from '../../support/prepare.ts'
import { accept, createPrepareDesk, refuse } from '../../support/prepare-desk.ts'

const { sql } = useDatabase()
const start = new Date('2026-03-01T12:00:00Z')
const { now, sent, answerWith, pass, goTo, ready, failed, work, clear } = createPrepareDesk(sql, start)
beforeEach(clear)

test('is asked for in the same breath, sent once and then waits for its callback', async () => {
  const job = await seedPrepare(sql, now())
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
  answerWith(refuse)
  const job = await seedPrepare(sql, now())
  await work(job)

  for (const minutes of [1, 5, 15, 60, 60, 60, 60]) {
    const { next_attempt_at } = (await jobStateOf(sql, job))!
    expect(next_attempt_at).toEqual(later(now(), minutes * minuteMs))
    const before = sent.length
    goTo(later(next_attempt_at, -1))
    await work(job)
    expect(sent).toHaveLength(before)
    goTo(next_attempt_at)
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
  const job = await seedPrepare(sql, now())
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
  const job = await seedPrepare(sql, now())
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
  const job = await seedPrepare(sql, now())
  await takeEvents(sql, job)
  await sql`
    update stream_jobs
    set status = 'sending', tries = 1, next_attempt_at = ${later(now(), minuteMs)}
    where id = ${job.job_id}
  `
  pass(1)
  await work(job)
  expect(await jobStateOf(sql, job)).toMatchObject({ status: 'accepted', tries: 2 })
})

test('whose event was lost is queued again', async () => {
  const job = await seedPrepare(sql, now())
  await takeEvents(sql, job)
  pass(15)
  await work(job)
  expect(await jobStateOf(sql, job)).toMatchObject({ status: 'accepted', tries: 1 })
})

test('that has no row is taken in and sent', async () => {
  const job = await seedPrepare(sql, now())
  await takeEvents(sql, job)
  await sql`delete from stream_jobs where id = ${job.job_id}`

  expect(await adoptLostJobs(sql, now())).toBe(1)
  expect(await adoptLostJobs(sql, now())).toBe(0)
  await work(job)

  expect(sent).toEqual([jobOf(job)])
  expect(await ready(job)).toBe('accepted')
})

describe('stream-failed', () => {
  test('that may pass is tried again after the same waits, and counts', async () => {
    const job = await seedPrepare(sql, now())
    await work(job)

    expect(await failed(job, true)).toBe('accepted')
    expect(await failed(job, true)).toBe('accepted')
    expect(await jobStateOf(sql, job)).toMatchObject({
      status: 'waiting',
      tries: 1,
      reason: 'no space left',
      next_attempt_at: later(now(), minuteMs),
      upload: 'transcoding',
      timeline: ['queued', 'sending', 'accepted', 'waiting'],
    })
    pass(1)
    await work(job)
    expect(sent).toEqual([jobOf(job), jobOf(job)])
    expect(await ready(job)).toBe('accepted')
  })

  test('that may pass is the end after the eighth try', async () => {
    const job = await seedPrepare(sql, now())
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
    const job = await seedPrepare(sql, now())
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
  const job = await seedPrepare(sql, now())
  await lapse(job)
  await work(job)
  expect(sent).toEqual([])
  const [row] = await sql`select status from stream_jobs where id = ${job.job_id}`
  expect(row).toEqual({ status })
})

test('a new job of the version ends the one before, whose callbacks no longer count', async () => {
  const first = await seedPrepare(sql, now())
  await work(first)
  const { version_id: id, track_id } = first
  const job_id = await sql.begin((tx) => requestPrepare(tx, { id, track_id }, now()))
  const second = { ...first, job_id }

  expect(await ready(first)).toBe('ignored')
  expect(await failed(first)).toBe('ignored')
  await work(second)

  expect(sent).toEqual([jobOf(first), jobOf(second)])
  expect(await jobStateOf(sql, first)).toMatchObject({ status: 'lapsed' })
  expect(await ready(second)).toBe('accepted')
})

test('that was given up is done by another when its user retries it, and comes too late itself', async () => {
  answerWith(refuse)
  const job = await seedPrepare(sql, now())
  for (let tries = 0; tries < 8; tries++) {
    await work(job)
    pass(60)
  }
  expect(await jobStateOf(sql, job)).toMatchObject({ status: 'failed', upload: 'failed' })
  answerWith(accept)

  const retry = createUploadRetry({ sql, relay: { flushSoon: async () => {} }, now })
  await retry(job.actor, job.track_id, job.upload_id)

  const [{ job_id }] = await sql<[{ job_id: string }]>`
    select stream_job_id as job_id from track_versions where id = ${job.version_id}
  `
  expect(job_id).not.toBe(job.job_id)
  expect(await ready(job)).toBe('ignored')
  const second = { ...job, job_id }
  await work(second)
  expect(await ready(second)).toBe('accepted')
  expect(await jobStateOf(sql, second)).toMatchObject({ status: 'ready', tries: 1, upload: 'ready' })
})
