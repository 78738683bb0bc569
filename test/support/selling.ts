import { randomUUID } from 'node:crypto'
import { Stripe } from 'stripe'
import { type Client, expectStatus, type Json, putFile, until } from '../../infra/local/client.ts'
import type { Sql } from '../../lib/db/client.ts'
import { makeAudio } from './audio.ts'
import { control } from './platform.ts'
import { addSession, addSomeone, type Someone, type WorldSigner } from './world.ts'

const market = '/api/v1/marketplace'

export interface SellingParts {
  readonly client: Client
  readonly sql: Sql
  readonly signer: WorldSigner
}

/**
 * One thing is given away, another sold, fetched, and paid out, and a third is not paid: all that the market does on AWS.
 * Answers who sold to whom, and what.
 */
export async function sellAndPayOut(parts: SellingParts) {
  const { sql } = parts
  const people = [await addSomeone(sql, 'creator'), await addSomeone(sql)] as const
  const [seller, buyer] = [await signIn(parts, people[0]), await signIn(parts, people[1])]
  await onboard(parts, seller)
  const [gift, lease] = (await offer(parts, seller)).items
  expectStatus(201, await order(parts, buyer, gift!))
  const bought = expectStatus(201, await order(parts, buyer, lease!))
  await stripeOf(parts).paymentIntents.confirm(bought.payment.payment_intent_id, {
    payment_method: 'pm_card_bypassPending',
  })
  const paid = await until('the order to be completed', async () => {
    const { body } = await parts.client.request('GET', `${market}/orders/${bought.id}`, { token: buyer })
    return body.status === 'completed' ? body : undefined
  })
  await download(parts, buyer, paid.items[0].license_id)
  await payOut(parts, seller)

  const left = expectStatus(201, await order(parts, await signIn(parts, await addSomeone(sql)), lease!))
  await sql`
    update orders set created_at = now() - interval '1 hour', updated_at = now() - interval '1 hour' where id = ${left.id}
  `
  return { seller: people[0], buyer: people[1], order: paid }
}

const signIn = async ({ sql, signer }: SellingParts, someone: Someone): Promise<string> =>
  signer.sign(await addSession(sql, someone))

function stripeOf({ client }: SellingParts): Stripe {
  const { api_url, secret_key } = client.platform.stripe
  const { hostname, port } = new URL(api_url)
  return new Stripe(secret_key, { host: hostname, port, protocol: 'http' })
}

async function onboard({ client }: SellingParts, token: string) {
  const body = { country: 'FR', legal_name: 'Ada Marin' }
  expectStatus(200, await client.request('PATCH', `${market}/seller`, { token, body }))
  const { url } = expectStatus(200, await client.request('POST', `${market}/seller/onboarding`, { token }))
  await fetch(url, { method: 'POST', redirect: 'manual' })
  await until('Stripe to let them sell', async () => {
    const { charges_enabled } = expectStatus(200, await client.request('GET', `${market}/seller`, { token }))
    return charges_enabled || undefined
  })
}

/** A track with a file, for nothing and for 20.00. */
async function offer({ client }: SellingParts, token: string) {
  const bytes = await makeAudio('wav')
  const track = await client.createTrack(token, { visibility: 'public' })
  const file = { name: 'a.wav', content_type: 'audio/wav', bytes }
  const grant = await client.requestUpload(token, track.id, file)
  await putFile(grant, bytes)
  await client.followUpload(token, track.id, grant.upload_id)
  const license = { files: ['master', 'mp3'] }
  const tiers = [
    { name: 'Gift', price_amount: 0, currency: 'usd', license },
    { name: 'Lease', price_amount: 2_000, currency: 'usd', license },
  ]
  const body = { kind: 'track_license', track_id: track.id, title: 'Low Tide', tiers }
  const { id: product_id, tiers: made } = expectStatus(
    201,
    await client.request('POST', `${market}/products`, { token, body }),
  )
  return { items: made.map(({ id }: Json) => ({ product_id, tier_id: id })) as Json[] }
}

const order = ({ client }: SellingParts, token: string, item: Json) =>
  client.request('POST', `${market}/orders`, {
    token,
    headers: { 'idempotency-key': randomUUID() },
    body: { items: [item] },
  })

/** Both files, once the MP3 was made. */
async function download({ client }: SellingParts, token: string, licenseId: string) {
  const files = await until('the files to be there', async () => {
    const { body } = await client.request('POST', `${market}/licenses/${licenseId}/downloads`, { token })
    return body.files.every(({ status }: Json) => status === 'ready') ? (body.files as Json[]) : undefined
  })
  for (const { url } of files) {
    const { status } = await fetch(url)
    if (status !== 200) throw new Error(`A file that was bought is answered with ${status}`)
  }
}

async function payOut({ client, sql }: SellingParts, token: string) {
  await sql`
    update order_item_shares set releases_at = now() - interval '1 second'
    where released_at is null and releases_at is not null
  `
  await control('schedules/release-earnings/run', {})
  const asked = { token, headers: { 'idempotency-key': randomUUID() }, body: {} }
  const { id } = expectStatus(201, await client.request('POST', `${market}/payouts`, asked))
  const { url } = await until('the statement to be written', async () => {
    const { status, body } = await client.request('GET', `${market}/payouts/${id}/statement`, { token })
    return status === 200 ? body : undefined
  })
  const { status } = await fetch(url)
  if (status !== 200) throw new Error(`A statement is answered with ${status}`)
}
