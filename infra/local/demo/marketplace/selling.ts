import { formatAmount } from '../../../../lib/money/currencies.ts'
import { type Client, expectStatus, type Json, type Person, until } from '../../client.ts'
import { upload } from '../sending.ts'
import { makeTrack } from '../sounds.ts'
import { detail, step } from '../steps.ts'
import { market, read } from './calls.ts'

export async function becomeSeller(
  client: Client,
  admin: Pick<Person, 'token'>,
  person: Person,
): Promise<Person> {
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

export async function makeSong(client: Client, ada: Person, ben: Person): Promise<string> {
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

export async function offer(client: Client, { token }: Person, track_id: string): Promise<Json> {
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
