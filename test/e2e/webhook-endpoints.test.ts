import { Webhook } from 'standardwebhooks'
import { expectStatus, until } from '../../infra/local/client.ts'
import { newClient } from '../support/platform.ts'
import { startReceiver, stopReceivers } from '../support/receivers.ts'

/** A receiver of the test's own, told of by the routes and called by the sender, as both are deployed. */
const client = await newClient()

interface Received {
  readonly headers: Record<string, string>
  readonly body: string
}
const received: Received[] = []
let status = 200
const receiver = await startReceiver((request, response) => {
  const parts: Buffer[] = []
  request.on('data', (part) => parts.push(part))
  request.on('end', () => {
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    )
    received.push({ headers, body: Buffer.concat(parts).toString() })
    response.writeHead(status).end('Thank you')
  })
})
afterAll(stopReceivers)

const base = '/api/v1/webhooks'

test('an endpoint is made, tested, its secret rotated, and a delivery sent again', async () => {
  const { token } = await client.join()
  const url = `${receiver.url}/veza`
  const post = async (path: string, body: object) =>
    (await client.request('POST', `${base}${path}`, { token, body })).body
  const succeeded = (id: string, attempts: number) =>
    until(`attempt ${attempts} to succeed`, async () => {
      const { body } = await client.request('GET', `${base}/deliveries/${id}`, { token })
      return body.status === 'succeeded' && body.attempt_count === attempts ? body : undefined
    })

  const headers = { Authorization: 'Bearer of-the-receiver' }
  const made = await client.request('POST', `${base}/endpoints`, { token, body: { url, headers } })
  expectStatus(201, made)
  const { id, secret } = made.body
  const rotated = await post(`/endpoints/${id}/rotate-secret`, {})
  const { delivery_id, event_id } = await post(`/endpoints/${id}/test`, { event_type: 'order.paid' })
  const delivery = await succeeded(delivery_id, 1)

  expect(delivery).toMatchObject({
    is_test: true,
    attempts: [{ number: 1, status_code: 200, error: null, response_body: 'Thank you' }],
  })
  const [first] = received
  expect(first!.headers).toMatchObject({ authorization: 'Bearer of-the-receiver', 'webhook-id': event_id })
  for (const one of [secret, rotated.secret]) {
    expect(new Webhook(one).verify(first!.body, first!.headers)).toMatchObject({
      id: event_id,
      type: 'order.paid',
    })
  }

  await post(`/endpoints/${id}/rotate-secret`, { overlap_seconds: 0 })
  await post(`/deliveries/${delivery_id}/resend`, {})
  await succeeded(delivery_id, 2)
  const second = received.at(-1)!
  expect([second.body, second.headers['webhook-id']]).toEqual([first!.body, event_id])
  expect(() => new Webhook(secret).verify(second.body, second.headers)).toThrow()
})

test('what fails is told, and an endpoint that is disabled is sent nothing', async () => {
  const { token } = await client.join()
  const body = { url: `${receiver.url}/failing` }
  const { body: made } = await client.request('POST', `${base}/endpoints`, { token, body })
  status = 500
  const path = `${base}/endpoints/${made.id}`
  const { body: started } = await client.request('POST', `${path}/test`, { token, body: {} })
  const delivery = await until('a failure to be told of', async () => {
    const { body } = await client.request('GET', `${base}/deliveries/${started.delivery_id}`, { token })
    return body.attempts.length > 0 ? body : undefined
  })
  expect(delivery.attempts[0]).toMatchObject({ status_code: 500, error: 'status' })

  const change = { token, body: { status: 'disabled' } }
  expectStatus(200, await client.request('PATCH', path, change))

  const refused = await client.request('POST', `${path}/test`, { token, body: {} })
  expect([refused.status, refused.body.code]).toEqual([409, 'endpoint_disabled'])
  const { body: list } = await client.request('GET', `${path}/deliveries?status=failed`, { token })
  expect(list.data).toMatchObject([{ id: started.delivery_id, status: 'failed', next_attempt_at: null }])
})
