import { allTrackRoutes } from '../../../functions/tracks/all-routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { requestPrepare, sendDueJobs } from '../../../lib/media/streams/prepare-jobs.ts'
import { createPrepareService } from '../../../lib/media/streams/prepare-service.ts'
import { JobNotTaken } from '../../../lib/media/streams/stream-server.ts'
import { later, minuteMs } from '../../../lib/time.ts'
import { useDatabase } from '../../support/database.ts'
import { jobOf, type Prepared, seedPrepare } from '../../support/prepare.ts'
import { createStudio } from '../../support/studio.ts'

const { sql } = useDatabase()
const start = new Date('2026-03-01T12:00:00Z')
let at = start
const studio = createStudio(sql, () => at)
let answer: () => Promise<void>
const { prepare } = createPrepareService({
  sql,
  now: () => at,
  streamServer: { prepare: () => answer() },
})

const list = (actor: Actor | undefined, { track_id, version_id }: Prepared, query = {}) =>
  studio.as(actor, allTrackRoutes.listStreamJobs, { params: { track_id, version_id }, query })
const again = ({ version_id: id, track_id }: Prepared) =>
  sql.begin((tx) => requestPrepare(tx, { id, track_id }, at))

beforeEach(() => {
  at = start
})

test('the uploader follows a job through its tries', async () => {
  const job = await seedPrepare(sql, at)
  answer = async () => {
    throw new JobNotTaken(503)
  }
  await prepare(jobOf(job))
  at = later(at, minuteMs)
  await sendDueJobs(sql, at)
  answer = async () => {}
  await prepare(jobOf(job))

  const { status, body } = await list(job.actor, job)

  expect(status).toBe(200)
  const [first, second] = [start.toISOString(), at.toISOString()]
  expect(body).toEqual({
    data: [
      {
        id: job.job_id,
        status: 'accepted',
        tries: 2,
        reason: null,
        next_attempt_at: later(at, 30 * minuteMs).toISOString(),
        timeline: [
          { status: 'queued', try: 0, reason: null, at: first },
          { status: 'sending', try: 1, reason: null, at: first },
          { status: 'waiting', try: 1, reason: 'answered_503', at: first },
          { status: 'queued', try: 1, reason: 'answered_503', at: second },
          { status: 'sending', try: 2, reason: null, at: second },
          { status: 'accepted', try: 2, reason: null, at: second },
        ],
        created_at: first,
        updated_at: second,
      },
    ],
    has_more: false,
    next_cursor: null,
  })
})

test('jobs are paged newest first, and each has its own timeline', async () => {
  const job = await seedPrepare(sql, at)
  const ids = [job.job_id, await again(job), await again(job)]

  const first = (await list(job.actor, job, { limit: 2 })).body
  const second = (await list(job.actor, job, { limit: 2, cursor: first.next_cursor! })).body

  expect([...first.data, ...second.data].map(({ id }) => id)).toEqual(ids.toReversed())
  expect(first.data.map(({ timeline }) => timeline.map(({ status }) => status))).toEqual([
    ['queued'],
    ['queued', 'lapsed'],
  ])
  expect(second).toMatchObject({ has_more: false, next_cursor: null })
})

test('editors see them, and nobody else', async () => {
  const job = await seedPrepare(sql, at)
  const editor = await studio.engage(job.actor, job.track_id)
  const viewer = await studio.engage(job.actor, job.track_id, { role: 'viewer' })

  expect(await list(editor, job)).toMatchObject({ status: 200, body: { data: [{ id: job.job_id }] } })
  for (const other of [viewer, await studio.join()])
    expect(await list(other, job)).toMatchObject({ status: 404, problem: { code: 'not_found' } })
  expect(await list(undefined, job)).toMatchObject({ status: 401 })
})

test('of a version that is of another track there is nothing to find', async () => {
  const [job, other] = [await seedPrepare(sql, at), await seedPrepare(sql, at)]
  expect(await list(job.actor, { ...job, version_id: other.version_id })).toMatchObject({ status: 404 })
  expect(await list(other.actor, { ...job, version_id: other.version_id })).toMatchObject({ status: 404 })
})

test('refuses a cursor of another version', async () => {
  const [job, other] = [await seedPrepare(sql, at), await seedPrepare(sql, at)]
  await again(job)
  const { next_cursor: cursor } = (await list(job.actor, job, { limit: 1 })).body
  expect(await list(other.actor, other, { cursor: cursor! })).toMatchObject({
    status: 400,
    problem: { code: 'invalid_request' },
  })
})

test('of a version without any job there are none', async () => {
  const job = await seedPrepare(sql, at)
  await sql`delete from stream_jobs where id = ${job.job_id}`
  expect(await list(job.actor, job)).toMatchObject({ status: 200, body: { data: [] } })
})
