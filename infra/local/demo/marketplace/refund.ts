import { randomUUID } from 'node:crypto'
import { type Client, expectStatus, type Json, type Person, until } from '../../client.ts'
import { detail, step } from '../steps.ts'
import { market, read } from './calls.ts'

export async function refund(client: Client, ada: Person, mia: Person, order: Json, license: Json) {
  await step('Ada gives Mia her money back', async () => {
    const call = {
      token: ada.token,
      headers: { 'idempotency-key': randomUUID() },
      body: { reason: 'requested_by_customer' },
    }
    const { status, body } = await client.request('POST', `${market}/orders/${order.id}/refund`, call)
    if (status >= 300) throw new Error(`The refund was answered with ${status} ${body.code}`)
    await until('Stripe to have paid it back', async () => {
      const { status } = await read(client, mia, `${market}/orders/${order.id}`)
      return status === 'refunded' || undefined
    })
  })
  const seen = expectStatus(200, await client.request('GET', `${market}/licenses/${license.serial}/verify`))
  detail(`whoever looks the licence up reads: valid ${seen.valid}, ${seen.status}`)
}
