import { randomUUID } from 'node:crypto'
import Stripe from 'stripe'
import { expectStatus, until } from '../../infra/local/client.ts'
import { connect } from '../../lib/db/client.ts'
import { earn } from '../support/payouts.ts'
import { newClient } from '../support/platform.ts'
import { settingsOf } from '../support/server.ts'
import { addSession, addSomeone, signerOf } from '../support/world.ts'

const client = await newClient()
const { stripe: local, database_url } = client.platform
const sql = connect(settingsOf(database_url))
const signer = await signerOf(process.env.VEZA_PLATFORM_FILE!)
afterAll(() => sql.end())

const market = '/api/v1/marketplace'

test('somebody who only has shares opens an account at Stripe, is paid out, and fetches the statement', async () => {
  const earner = await addSomeone(sql, 'user')
  const token = await signer.sign(await addSession(sql, earner))
  const read = async (path: string) =>
    expectStatus(200, await client.request('GET', `${market}/${path}`, { token }))
  await earn(sql, earner, 4_200)
  await fundStripe(20_000)

  const link = expectStatus(200, await client.request('POST', `${market}/seller/onboarding`, { token }))
  await fetch(link.url, { method: 'POST', redirect: 'manual' })
  await until('Stripe to let them be paid', async () => (await read('seller')).payouts_enabled || undefined)
  expect(await read('balance')).toMatchObject({ available: [{ amount: 4_200, currency: 'usd' }] })

  const headers = { 'idempotency-key': randomUUID() }
  const asked = await client.request('POST', `${market}/payouts`, { token, headers, body: {} })
  const { id } = expectStatus(201, asked)
  await until('the bank to have it', async () => (await read(`payouts/${id}`)).status === 'paid' || undefined)

  expect(await read('balance')).toEqual({ available: [], pending: [], held: [], in_transit: [] })
  const { url } = await read(`payouts/${id}/statement`)
  const statement = await (await fetch(url)).text()
  expect(statement).toMatch(/,release,\d+,Mixing – Basic,42\.00,0\.00,100\.00,42\.00,42\.00,usd\r\n/)
  expect(statement).toMatch(/,payout,,,,,,-42\.00,0\.00,usd\r\n$/)
}, 120_000)

/** What others paid, so that there is something to transfer; Stripe books it a moment after it has taken it. */
async function fundStripe(amount: number): Promise<void> {
  const { hostname, port } = new URL(local.api_url)
  const stripe = new Stripe(local.secret_key, { host: hostname, port, protocol: 'http' })
  const { id } = await stripe.paymentIntents.create({ amount, currency: 'usd' })
  const expand = ['latest_charge']
  await stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_bypassPending' })
  await until('Stripe to book the payment', async () => {
    const { latest_charge } = await stripe.paymentIntents.retrieve(id, { expand })
    return (latest_charge as Stripe.Charge).balance_transaction ?? undefined
  })
}
