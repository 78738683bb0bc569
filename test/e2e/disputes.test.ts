import { randomUUID } from 'node:crypto'
import Stripe from 'stripe'
import { expectStatus, type Json, until } from '../../infra/local/client.ts'
import { connect } from '../../lib/db/client.ts'
import { control, newClient } from '../support/platform.ts'
import { settingsOf } from '../support/server.ts'
import { seedTrack } from '../support/social.ts'
import { addSession, addSomeone, signerOf } from '../support/world.ts'

const client = await newClient()
const sql = connect(settingsOf(client.platform.database_url))
const signer = await signerOf(process.env.VEZA_PLATFORM_FILE!)
const { api_url, secret_key } = client.platform.stripe
const { hostname, port } = new URL(api_url)
const stripe = new Stripe(secret_key, { host: hostname, port, protocol: 'http' })
afterAll(() => sql.end())

const market = '/api/v1/marketplace'

async function signIn(role: 'creator' | 'user') {
  const someone = await addSomeone(sql, role)
  const session = await addSession(sql, someone)
  return { session, token: await signer.sign(session) }
}

/** A lease of somebody's track, ordered by somebody else, whose card disputes the payment a moment later. */
async function buyAndDispute() {
  const [seller, buyer] = [await signIn('creator'), await signIn('user')]
  await sql`
    insert into sellers (user_id, stripe_account_id, charges_enabled, payouts_enabled, created_at, updated_at)
    values (${seller.session.id}, ${`acct_${randomUUID()}`}, true, true, now(), now())
  `
  const track_id = await seedTrack(sql, seller.session)
  const product = expectStatus(
    201,
    await client.request('POST', `${market}/products`, {
      token: seller.token,
      body: {
        kind: 'track_license',
        track_id,
        title: 'Low Tide',
        tiers: [{ name: 'Lease', price_amount: 2_999, currency: 'usd', license: { files: ['master'] } }],
      },
    }),
  )
  const order = expectStatus(
    201,
    await client.request('POST', `${market}/orders`, {
      token: buyer.token,
      headers: { 'idempotency-key': randomUUID() },
      body: { items: [{ product_id: product.id, tier_id: product.tiers[0].id }] },
    }),
  )
  await stripe.paymentIntents.confirm(order.payment.payment_intent_id, {
    payment_method: 'pm_card_createDispute',
  })
  return { order, buyer }
}

test('a disputed sale is answered by itself: gathered and staged at once, handed in three days later', async () => {
  const { order, buyer } = await buyAndDispute()
  const disputeOf = async () => (await sql`select * from disputes where order_id = ${order.id}`)[0] as Json

  const staged = await until('the evidence to be staged', async () => {
    await control('schedules/outbox-relay/run', {})
    const dispute = await disputeOf()
    return dispute?.evidence_staged_at ? dispute : undefined
  })

  const { evidence, evidence_details } = await stripe.disputes.retrieve(staged.stripe_dispute_id)
  expect(evidence_details).toMatchObject({ has_evidence: true, submission_count: 0 })
  expect(evidence).toMatchObject(staged.evidence.fields)
  expect(evidence.access_activity_log).toMatch(/ordered from .* paid/s)
  expect(evidence.uncategorized_text).toMatch(
    /RECEIPT, order \d+.*\$29\.99.*FILES DELIVERED.*CONTRACT of VZ-/s,
  )
  const { license_id } = expectStatus(
    200,
    await client.request('GET', `${market}/orders/${order.id}`, { token: buyer.token }),
  ).items[0]
  const download = await client.request('POST', `${market}/licenses/${license_id}/downloads`, {
    token: buyer.token,
  })
  expect(download).toMatchObject({ status: 403, body: { code: 'license_frozen' } })

  await sql`update disputes set opened_at = opened_at - interval '72 hours' where id = ${staged.id}`
  await until('it to be handed in', async () => {
    await control('schedules/answer-disputes/run', {})
    await control('schedules/outbox-relay/run', {})
    return (await disputeOf()).evidence_submitted_at ?? undefined
  })
  const given = await stripe.disputes.retrieve(staged.stripe_dispute_id)
  expect(given.evidence_details.submission_count).toBe(1)
  expect(given.status).toBe('under_review')
})
