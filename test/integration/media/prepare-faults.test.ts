import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createPrepareService } from '../../../lib/media/streams/prepare-service.ts'
import { createStreamServer } from '../../../lib/media/streams/stream-server.ts'
import { later, minuteMs } from '../../../lib/time.ts'
import { useDatabase } from '../../support/database.ts'
import { jobOf, jobStateOf, seedPrepare } from '../../support/prepare.ts'

const { sql } = useDatabase()
const at = new Date('2026-03-01T12:00:00Z')
const now = () => at
const secret = 'job-secret-of-the-tests-'.repeat(3)
let server: Server | undefined
let paths: string[]

afterEach(() => {
  server?.closeAllConnections()
  server?.close()
  server = undefined
})

/** Sends a job over HTTP to a stream server that answers so. */
async function send(listener: RequestListener, timeoutMs = 10_000) {
  paths = []
  server = createServer((request, response) => {
    paths.push(`${request.method} ${request.url}`)
    listener(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return sendTo((server.address() as AddressInfo).port, timeoutMs)
}

async function sendTo(port: number, timeoutMs: number) {
  const streamServer = createStreamServer({
    url: `http://127.0.0.1:${port}`,
    secrets: { read: async () => secret },
    jobSecretId: 'jobs',
    timeoutMs,
    reconnectDelaysMs: [10, 10],
  })
  const job = await seedPrepare(sql, at)
  const { prepare } = createPrepareService({ sql, streamServer, now })
  await prepare(jobOf(job))
  return { job, again: () => prepare(jobOf(job)), state: () => jobStateOf(sql, job) }
}

test.each([200, 201, 204, 301, 302, 307, 308, 400, 401, 404, 409, 429, 500, 502, 503])(
  'a server that answers %i has not taken the job, and is asked again in a minute',
  async (status) => {
    const { state } = await send((_, response) => response.writeHead(status, { location: '/other' }).end())
    expect(await state()).toMatchObject({
      status: 'waiting',
      tries: 1,
      reason: `answered_${status}`,
      next_attempt_at: later(at, minuteMs),
      upload: 'transcoding',
    })
    expect(paths).toEqual(['POST /jobs'])
  },
)

test('a server that is slow is waited for no longer than the deadline', async () => {
  const { state } = await send(() => {}, 200)
  expect(await state()).toMatchObject({ status: 'waiting', reason: 'timed_out' })
})

test('a server that hangs up in the middle has not taken the job', async () => {
  const { state } = await send((request) => request.socket.destroy())
  expect(await state()).toMatchObject({ status: 'waiting', reason: 'unreachable' })
})

test('a server that is down has not taken the job', async () => {
  const closed = createServer().listen(0, '127.0.0.1')
  await once(closed, 'listening')
  const { port } = closed.address() as AddressInfo
  await new Promise((resolve) => closed.close(resolve))
  const { state } = await sendTo(port, 10_000)
  expect(await state()).toMatchObject({ status: 'waiting', reason: 'unreachable' })
})

test('a server that takes the job is asked once, though the event is delivered twice', async () => {
  const { state, again } = await send((_, response) => response.writeHead(202).end())
  await again()
  expect(paths).toEqual(['POST /jobs'])
  expect(await state()).toMatchObject({ status: 'accepted', tries: 1 })
})

test('an answer without an end does not keep the worker', async () => {
  const { state } = await send((_, response) => void response.writeHead(202).write('x'))
  expect(await state()).toMatchObject({ status: 'accepted' })
})
