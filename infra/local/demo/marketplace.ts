import { createHash, createPublicKey, randomUUID, verify } from 'node:crypto'
import { Stripe } from 'stripe'
import { formatAmount } from '../../../lib/money/currencies.ts'
import { type Client, expectStatus, type Json, type Person, until } from '../client.ts'
import { printBooks } from './books.ts'
import { upload } from './sending.ts'
import { makeTrack } from './sounds.ts'
import { chapter, detail, done, step } from './steps.ts'

const market = '/api/v1/marketplace'

/** A song is sold, what it earns divided, its licence proven and fetched, and part of it given back; the books balance. */
export async function demonstrateMarketplace(client: Client) {
  const admin = await signInAdmin(client)
  const [ada, ben, mia] = await step('Ada and Ben who make a song, and Mia who wants it, join', () =>
    Promise.all([client.join('ada'), client.join('ben'), client.join('mia')]),
  )
  chapter('What is for sale')
  const seller = await becomeSeller(client, admin, ada)
  const trackId = await makeSong(client, seller, ben)
  const product = await offer(client, seller, trackId)

  chapter('The sale')
  const order = await buy(client, mia, product)
  await showShares(client, [seller, ben])
  const license = await proveLicense(client, mia, order)
  await download(client, mia, license)

  chapter('The exclusive licence, which two want at once')
  const other = await client.join('lou')
  await race(client, [mia, other], product)

  chapter('The refund')
  await refund(client, seller, mia, order, license)

  chapter('The books of the first order')
  const { data } = await read(client, admin, `/api/v1/admin/orders/${order.id}/ledger?limit=100`)
  printBooks(data)
  done(
    'A song was sold and divided, its licence proven and fetched, and given back: nothing appeared or vanished.',
  )
}

const read = async (client: Client, { token }: Pick<Person, 'token'>, path: string) =>
  expectStatus(200, await client.request('GET', path, { token }))

async function signInAdmin(client: Client): Promise<Pick<Person, 'token'>> {
  const { email, password } = client.platform.admin
  const { access_token } = expectStatus(
    200,
    await client.request('POST', '/api/v1/auth/login', { body: { identifier: email, password } }),
  )
  return { token: access_token }
}

async function becomeSeller(client: Client, admin: Pick<Person, 'token'>, person: Person): Promise<Person> {
  await step('An administrator makes Ada a creator', async () => {
    const path = `/api/v1/admin/users/${person.user.id}/role`
    expectStatus(204, await client.request('PUT', path, { token: admin.token, body: { role: 'creator' } }))
  })
  const seller = { ...person, ...(await signIn(client, person)) }
  await step('Ada opens an account at Stripe, and fills in what it asks for', async () => {
    const { token } = seller
    await client.request('PATCH', `${market}/seller`, {
      token,
      body: { country: 'FR', legal_name: 'Ada Marin' },
    })
    const link = expectStatus(200, await client.request('POST', `${market}/seller/onboarding`, { token }))
    const { status } = await fetch(link.url, { method: 'POST', redirect: 'manual' })
    if (status >= 400) throw new Error(`Stripe answered with ${status}`)
    await until('Stripe to let her sell', async () => {
      const { charges_enabled, payouts_enabled } = await read(client, seller, `${market}/seller`)
      return (charges_enabled && payouts_enabled) || undefined
    })
  })
  return seller
}

async function signIn(client: Client, { username, password }: Person) {
  const body = { identifier: username, password }
  const { access_token } = expectStatus(200, await client.request('POST', '/api/v1/auth/login', { body }))
  return { token: access_token as string }
}

async function makeSong(client: Client, ada: Person, ben: Person): Promise<string> {
  const track = await client.createTrack(ada.token, {
    title: 'Grande Marée',
    genre: 'house',
    bpm: 124,
    visibility: 'public',
  })
  await upload(client, ada.token, track.id, await makeTrack())
  const path = `/api/v1/tracks/${track.id}`
  await step('Ben gets 30 % of what it earns, and both sign', async () => {
    const part = { role: 'editor', credit: 'Mixing', split_bps: 3_000 }
    await client.request('PUT', `${path}/collaborators/${ben.user.id}`, { token: ada.token, body: part })
    await client.request('POST', `${path}/collaborators/${ben.user.id}/accept`, { token: ben.token })
    const { proposed } = await read(client, ben, `${path}/splits`)
    for (const { token } of [ben, ada]) {
      const body = { revision: proposed.revision }
      expectStatus(200, await client.request('POST', `${path}/splits/accept`, { token, body }))
    }
  })
  return track.id
}

async function offer(client: Client, { token }: Person, track_id: string): Promise<Json> {
  const body = {
    kind: 'track_license',
    track_id,
    title: 'Grande Marée',
    tiers: [
      { name: 'Lease', price_amount: 2_995, currency: 'eur', license: { files: ['master'] } },
      { name: 'Exclusive', price_amount: 49_900, currency: 'eur', is_exclusive: true },
    ],
  }
  const product = await step('Ada offers a lease and an exclusive licence', async () =>
    expectStatus(201, await client.request('POST', `${market}/products`, { token, body })),
  )
  for (const { name, price_amount, currency } of product.tiers)
    detail(`${name}  ${formatAmount(price_amount, currency)}`)
  return product
}

const place = (client: Client, { token }: Person, product_id: string, tier_id: string) =>
  client.request('POST', `${market}/orders`, {
    token,
    headers: { 'idempotency-key': randomUUID() },
    body: { items: [{ product_id, tier_id }] },
  })

function stripeOf({ platform }: Client): Stripe {
  const { secret_key, api_url } = platform.stripe
  const { hostname, port, protocol } = new URL(api_url)
  return new Stripe(secret_key, { host: hostname, port, protocol: protocol === 'http:' ? 'http' : 'https' })
}

const pay = (client: Client, { payment }: Json) =>
  stripeOf(client).paymentIntents.confirm(payment.payment_intent_id, { payment_method: 'pm_card_visa' })

/** Stripe tells the platform what became of a payment; the buyer sees it in the order. */
const settled = (client: Client, buyer: Person, id: string): Promise<Json> =>
  until('the order to be settled', async () => {
    const order = await read(client, buyer, `${market}/orders/${id}`)
    return order.status === 'requires_payment' || order.status === 'paid' ? undefined : order
  })

async function buy(client: Client, mia: Person, product: Json): Promise<Json> {
  const placed = await step('Mia orders the lease', async () =>
    expectStatus(201, await place(client, mia, product.id, product.tiers[0].id)),
  )
  detail(`${placed.status}: ${formatAmount(placed.total_amount, placed.currency)}`)
  await step('She pays Stripe with a card', () => pay(client, placed))
  const order = await step('Stripe tells the platform, which completes the order', () =>
    settled(client, mia, placed.id),
  )
  detail(`order ${order.number} is ${order.status}`)
  return order
}

async function showShares(client: Client, people: readonly Person[]) {
  for (const person of people) {
    const { pending } = await read(client, person, `${market}/balance`)
    const sums = pending.map(({ amount, currency }: Json) => formatAmount(amount, currency)).join(', ')
    detail(`${person.username} has ${sums}, to be paid out after seven days`)
  }
}

async function proveLicense(client: Client, mia: Person, { items }: Json): Promise<Json> {
  const license = await read(client, mia, `${market}/licenses/${items[0].license_id}`)
  const { jws } = await read(client, mia, `${market}/licenses/${license.id}/certificate`)
  const keys = expectStatus(200, await client.request('GET', '/.well-known/veza-license-keys.json'))
  const document = await step(
    'Verify the certificate with the published key, and nothing of ours',
    async () => verifyCertificate(jws, keys),
  )
  detail(
    `${document.serial}: ${document.licensor.username} licenses ${document.track.title} to ${document.licensee.username}`,
  )
  detail(`signed over the file with SHA-256 ${document.track.sha256}`)
  const forged = `${jws.slice(0, -4)}AAAA`
  await step('A certificate that was changed is refused', async () => {
    if (await isRefused(() => verifyCertificate(forged, keys))) return
    throw new Error('A forged certificate was taken for a good one')
  })
  const path = `${market}/licenses/${license.id}/certificate`
  const pdf = await fetch(client.platform.api_url + path, {
    headers: { authorization: `Bearer ${mia.token}`, accept: 'application/pdf' },
  })
  detail(`as PDF with a QR code: ${(await pdf.arrayBuffer()).byteLength} bytes`)
  return license
}

/** RFC 7515 and RFC 8037 in a few lines: a signature of Ed25519 over the first two parts. */
function verifyCertificate(jws: string, { keys }: Json): Json {
  const [header = '', payload = '', signature = ''] = jws.split('.')
  const { kid, alg } = JSON.parse(Buffer.from(header, 'base64url').toString())
  const key = keys.find((each: Json) => each.kid === kid)
  if (alg !== 'EdDSA' || !key) throw new Error('It is signed by somebody else')
  const publicKey = createPublicKey({ key, format: 'jwk' })
  const isGood = verify(
    null,
    Buffer.from(`${header}.${payload}`),
    publicKey,
    Buffer.from(signature, 'base64url'),
  )
  if (!isGood) throw new Error('It was changed after it was signed')
  return JSON.parse(Buffer.from(payload, 'base64url').toString())
}

const isRefused = async (work: () => unknown) => {
  try {
    await work()
    return false
  } catch {
    return true
  }
}

async function download(client: Client, { token }: Person, { id }: Json) {
  const path = `${market}/licenses/${id}/downloads`
  const grant = await step('Mia asks for the file', async () =>
    expectStatus(201, await client.request('POST', path, { token })),
  )
  const [file] = grant.files
  const bytes = await step(`Fetch ${file.name} in two ranges`, async () => {
    const half = Math.floor(file.size_bytes / 2)
    const parts = [`bytes=0-${half - 1}`, `bytes=${half}-`].map(async (range) =>
      Buffer.from(await (await fetch(grant.url, { headers: { range } })).arrayBuffer()),
    )
    return Buffer.concat(await Promise.all(parts))
  })
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  if (sha256 !== file.sha256) throw new Error('It is not the file of the certificate')
  detail(`the file of the certificate, byte for byte; ${grant.remaining} downloads are left`)
}

async function race(client: Client, buyers: readonly Person[], product: Json) {
  const answers = await step('Both order it in the same moment', () =>
    Promise.all(buyers.map((buyer) => place(client, buyer, product.id, product.tiers[1].id))),
  )
  const won = answers.findIndex(({ status }) => status === 201)
  for (const [at, { status, body }] of answers.entries())
    detail(
      `${buyers[at]!.username}: ${status === 201 ? 'reserved for 30 minutes' : `${status} ${body.code}`}`,
    )
  if (won < 0 || answers.filter(({ status }) => status === 201).length !== 1)
    throw new Error('An exclusive licence goes to one, and one only')
  await step('The one who has it pays', () => pay(client, answers[won]!.body))
  const order = await settled(client, buyers[won]!, answers[won]!.body.id)
  const { status } = await read(client, buyers[won]!, `${market}/products/${product.id}`)
  detail(`order ${order.number} is ${order.status}; the product is ${status}`)
}

async function refund(client: Client, ada: Person, mia: Person, order: Json, license: Json) {
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
