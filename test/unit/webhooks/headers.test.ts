import { randomBytes, randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { toHeaders } from '../../../lib/webhooks/sending/headers.ts'

const makeSecret = () => `whsec_${randomBytes(32).toString('base64')}`
const event = { event_id: randomUUID(), body: '{"title":"Nächte 🌙","n":1.0}', headers: {} }

test('signs so that the package for receivers verifies it', () => {
  const secret = makeSecret()
  const headers = toHeaders({ ...event, secrets: [secret] }, new Date())
  expect(new Webhook(secret).verify(event.body, headers)).toEqual({ title: 'Nächte 🌙', n: 1 })
})

test('signs any body to the byte', () => {
  const secret = makeSecret()
  fc.assert(
    fc.property(fc.json(), fc.string({ unit: 'binary' }), (json, text) => {
      for (const body of [json, JSON.stringify({ text })]) {
        const headers = toHeaders({ ...event, body, secrets: [secret] }, new Date())
        // As a receiver has it, who reads bytes.
        new Webhook(secret).verify(Buffer.from(body), headers)
      }
    }),
    { numRuns: 30 },
  )
})

test('signs with every secret, so that either verifies while they change', () => {
  const [present, old] = [makeSecret(), makeSecret()]
  const headers = toHeaders({ ...event, secrets: [present, old] }, new Date())
  expect(headers['webhook-signature']).toMatch(/^v1,[\w+/=]{44} v1,[\w+/=]{44}$/)
  for (const secret of [present, old]) new Webhook(secret).verify(event.body, headers)
  expect(() => new Webhook(makeSecret()).verify(event.body, headers)).toThrow()
})

test('keeps the id from attempt to attempt, and not the time', () => {
  const secrets = [makeSecret()]
  const [first, second] = ['2026-12-01T12:00:00.999Z', '2026-12-01T12:00:05.000Z'].map((at) =>
    toHeaders({ ...event, secrets }, new Date(at)),
  )
  expect([first!['webhook-id'], second!['webhook-id']]).toEqual([event.event_id, event.event_id])
  expect([first!['webhook-timestamp'], second!['webhook-timestamp']]).toEqual(['1796126400', '1796126405'])
  expect(first!['webhook-signature']).not.toBe(second!['webhook-signature'])
})

test('sends along what is the receiver’s own, and nothing that takes the place of ours', () => {
  const own = {
    authorization: 'Bearer abc',
    'X-Tenant': '7',
    'Webhook-Id': 'forged',
    'WEBHOOK-SIGNATURE': 'v1,forged',
    'Content-Type': 'text/plain',
    'User-Agent': 'somebody else',
    Host: 'metadata.internal',
    'transfer-encoding': 'chunked',
    'x-smuggled': 'a\r\nhost: b',
    'two words': 'a',
  }
  const headers = toHeaders({ ...event, headers: own, secrets: [makeSecret()] }, new Date())
  expect(Object.keys(headers).toSorted()).toEqual([
    'X-Tenant',
    'accept-encoding',
    'authorization',
    'content-type',
    'user-agent',
    'webhook-id',
    'webhook-signature',
    'webhook-timestamp',
  ])
  expect(headers).toMatchObject({
    'webhook-id': event.event_id,
    'content-type': 'application/json',
    'user-agent': 'Veza-Webhooks/1',
  })
})
