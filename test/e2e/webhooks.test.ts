import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'
import { expectStatus, type Json, until } from '../../infra/local/client.ts'
import { newClient } from '../support/platform.ts'
import { startReceiver, stopReceivers } from '../support/receivers.ts'

const client = await newClient()
const endpoints = '/api/v1/webhooks/endpoints'
afterEach(stopReceivers)

interface Received {
  readonly headers: Record<string, string>
  readonly body: string
}

/** Whoever joins here has an endpoint that answers as the test says. */
async function join(
  answer: { status: number; headers?: Record<string, string>; body?: string } = { status: 204 },
) {
  const received: Received[] = []
  const receiver = await startReceiver(async (request, response) => {
    received.push({ headers: request.headers as Record<string, string>, body: await text(request) })
    response.writeHead(answer.status, answer.headers).end(answer.body)
  })
  const { token } = await client.join()
  const call = async (status: number, method: string, path: string, body?: unknown) =>
    expectStatus(status, await client.request(method, path, { token, body }))
  const url = `${receiver.url}/hooks`
  const endpoint = await call(201, 'POST', endpoints, { url, headers: { 'x-tenant': '7' } })
  return {
    token,
    call,
    endpoint,
    received,
    next: (type: string) =>
      until(`${type} at the receiver`, async () =>
        received.find(({ body }) => (JSON.parse(body) as Json).type === type),
      ),
    /** The only delivery once it has been attempted. */
    attempted: () =>
      until('an attempt', async () => {
        const { data } = await call(200, 'GET', `${endpoints}/${endpoint.id}/deliveries`)
        const [delivery] = data as Json[]
        return delivery?.attempts.length > 0
          ? call(200, 'GET', `/api/v1/webhooks/deliveries/${delivery!.id}`)
          : undefined
      }),
  }
}

const verify = (secret: string, { headers, body }: Received) => new Webhook(secret).verify(body, headers)

test('what happens is received, and verified by the package for receivers', async () => {
  const { token, endpoint, next, attempted } = await join()

  const track = await client.createTrack(token)
  const received = await next('track.created')

  expect(verify(endpoint.secret, received)).toMatchObject({
    type: 'track.created',
    data: { track: { id: track.id } },
  })
  expect(received.headers).toMatchObject({
    'content-type': 'application/json',
    'user-agent': 'Veza-Webhooks/1',
    'webhook-id': (JSON.parse(received.body) as Json).id,
    'x-tenant': '7',
  })
  expect(await attempted()).toMatchObject({
    event_type: 'track.created',
    status: 'succeeded',
    attempts: [{ number: 1, status_code: 204, error: null }],
  })
})

test('is the same to the letter as what can be read', async () => {
  const { token, call, next } = await join()
  await client.createTrack(token)
  const { body } = await next('track.created')
  const { data } = await call(200, 'GET', '/api/v1/events')
  expect(data).toContainEqual(JSON.parse(body))
})

test('while a secret changes both sign', async () => {
  const { call, endpoint, next } = await join()
  const path = `${endpoints}/${endpoint.id}`
  const { secret } = await call(200, 'POST', `${path}/rotate-secret`, { overlap_seconds: 3_600 })

  await call(202, 'POST', `${path}/test`, {})
  const received = await next('webhook.test')

  expect(received.headers['webhook-signature']!.split(' ')).toHaveLength(2)
  for (const one of [secret, endpoint.secret]) verify(one, received)
})

test('a secret that is changed at once signs no more', async () => {
  const { call, endpoint, next } = await join()
  const path = `${endpoints}/${endpoint.id}`
  const { secret } = await call(200, 'POST', `${path}/rotate-secret`, { overlap_seconds: 0 })

  await call(202, 'POST', `${path}/test`, {})
  const received = await next('webhook.test')

  verify(secret, received)
  expect(() => verify(endpoint.secret, received)).toThrow()
})

describe('an attempt that failed is shown with what was answered', () => {
  test.each([
    { answer: { status: 500, body: 'out of order' }, status_code: 500, error: 'status' },
    {
      answer: {
        status: 302,
        headers: { location: 'http://169.254.169.254/latest/meta-data/' },
        body: 'over there',
      },
      status_code: 302,
      error: 'redirected',
    },
  ])('$error', async ({ answer, status_code, error }) => {
    const { call, endpoint, attempted } = await join(answer)
    await call(202, 'POST', `${endpoints}/${endpoint.id}/test`, {})
    const { attempts } = await attempted()
    expect(attempts[0]).toMatchObject({ number: 1, status_code, error, response_body: answer.body })
  })

  test('where nobody listens', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    const { call, endpoint, attempted } = await join()
    await call(200, 'PATCH', `${endpoints}/${endpoint.id}`, { url: `http://127.0.0.1:${port}/` })

    await call(202, 'POST', `${endpoints}/${endpoint.id}/test`, {})

    const { attempts } = await attempted()
    expect(attempts[0]).toMatchObject({ status_code: null, error: 'connect_failed', response_body: null })
  })
})

test.each([
  'https://127.0.0.1/hooks',
  'https://2130706433/hooks',
  'https://[::ffff:127.0.0.1]/hooks',
  'http://127.0.0.2:8080/hooks',
  'http://169.254.169.254/latest/meta-data/',
  'https://user@example.com/hooks',
  'https://example.com:22/hooks',
  'https://metadata.google.internal/',
])('%s is no endpoint, on this platform neither', async (url) => {
  const { token } = await client.join()
  const { errors } = expectStatus(422, await client.request('POST', endpoints, { token, body: { url } }))
  expect(errors).toMatchObject([{ pointer: '#/body/url' }])
})
