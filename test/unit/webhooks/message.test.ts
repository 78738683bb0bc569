import { randomUUID } from 'node:crypto'
import { createFieldCipher } from '../../../lib/auth/field-cipher.ts'
import { openMessage, sealMessage, type WebhookMessage } from '../../../lib/webhooks/message.ts'

const ring = (kid: string) => ({ kid, keys: new Map([[kid, Buffer.from(`${kid}-`.repeat(16))]]) })
const cipher = createFieldCipher({ loadKeys: async () => ring('now') })

const message: WebhookMessage = {
  delivery_id: randomUUID(),
  attempt: 1,
  event_id: randomUUID(),
  url: 'https://example.com/hooks',
  body: '{"title":"Nächte 🌙"}',
  headers: { authorization: 'Bearer of the receiver' },
  secrets: ['whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE='],
  not_after: '2026-12-01T12:00:00.000Z',
}

test('carries a message to whoever has the key', async () => {
  const body = await sealMessage(cipher, message)
  expect(await openMessage(cipher, JSON.parse(body))).toEqual(message)
})

test('shows nothing of it to anybody else', async () => {
  const body = await sealMessage(cipher, message)
  expect(body).not.toMatch(/whsec|example|Bearer|title/)
  const other = createFieldCipher({ loadKeys: async () => ring('other') })
  await expect(openMessage(other, JSON.parse(body))).rejects.toThrow()
})

test.each([
  { name: 'nothing sealed', body: {} },
  { name: 'no JWE', body: { sealed: 'a.b.c' } },
  { name: 'another shape', body: { sealed: cipher.seal('{"delivery_id":"1"}') } },
  { name: 'no secret', body: { sealed: cipher.seal(JSON.stringify({ ...message, secrets: [] })) } },
])('opens no message with $name', async ({ body }) => {
  const sealed = { ...body, ...('sealed' in body && { sealed: await body.sealed }) }
  await expect(openMessage(cipher, sealed)).rejects.toThrow()
})
