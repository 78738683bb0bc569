import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'
import { createStreamServer, whyNotTaken } from '../../../lib/media/streams/stream-server.ts'

const secret = 'job-secret-of-the-tests-'.repeat(3)
const job = { job_id: 'job-1', track_id: 'track-1', version_id: 'version-1' }
let server: Server

afterEach(() => {
  server.closeAllConnections()
  server.close()
})

async function start(listener: RequestListener) {
  server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return createStreamServer({
    url,
    secrets: { read: async () => secret },
    jobSecretId: 'jobs',
    timeoutMs: 200,
  })
}

async function freePort() {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  await new Promise((resolve) => taken.close(resolve))
  return port
}

test('sends a job that verifies as a Standard Webhook', async () => {
  let received: { request: IncomingMessage; body: string } | undefined
  const streamServer = await start(async (request, response) => {
    received = { request, body: await text(request) }
    response.writeHead(202).end()
  })

  await streamServer.prepare(job)

  const { request, body } = received!
  expect(`${request.method} ${request.url}`).toBe('POST /jobs')
  expect(request.headers['webhook-id']).toBe('job-1')
  const verified = new Webhook(Buffer.from(secret).toString('base64')).verify(
    body,
    request.headers as Record<string, string>,
  )
  expect(verified).toEqual(job)
})

test.each([200, 302, 400, 401, 500, 503])(
  'takes %i for a failure, so that the job is tried again',
  async (status) => {
    const streamServer = await start((_, response) => {
      response.writeHead(status, { location: '/elsewhere' }).end()
    })
    await expect(streamServer.prepare(job)).rejects.toThrow()
  },
)

test('waits no longer than its deadline', async () => {
  const streamServer = await start(() => {})
  await expect(streamServer.prepare(job)).rejects.toMatchObject({ name: 'TimeoutError' })
})

test('reaches a server that comes back within the same try, and asks it once', async () => {
  const port = await freePort()
  let asked = 0
  const reconnectDelaysMs = Array.from({ length: 500 }, () => 10)
  const settings = { secrets: { read: async () => secret }, jobSecretId: 'jobs', reconnectDelaysMs }
  const prepared = createStreamServer({ ...settings, url: `http://127.0.0.1:${port}` }).prepare(job)
  server = createServer((_, response) => {
    asked += 1
    response.writeHead(202).end()
  })
  server.listen(port, '127.0.0.1')

  await prepared

  expect(asked).toBe(1)
})

test('gives up on a server where nobody listens', async () => {
  server = createServer()
  const settings = { secrets: { read: async () => secret }, jobSecretId: 'jobs', reconnectDelaysMs: [1, 1] }
  const failure = await createStreamServer({ ...settings, url: `http://127.0.0.1:${await freePort()}` })
    .prepare(job)
    .catch((error: unknown) => error)
  expect(whyNotTaken(failure)).toBe('unreachable')
})
