import { type Client, expectStatus, type Person } from '../../client.ts'
import { chapter, done, step } from '../steps.ts'
import { printBooks } from './books.ts'
import { buy, race, showShares } from './buying.ts'
import { read } from './calls.ts'
import { download, proveLicense } from './license.ts'
import { refund } from './refund.ts'
import { becomeSeller, makeSong, offer } from './selling.ts'

/** A song is sold, what it earns divided, its licence proven and fetched, and all of it given back; the books balance. */
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

async function signInAdmin(client: Client): Promise<Pick<Person, 'token'>> {
  const { email, password } = client.platform.admin
  const { access_token } = expectStatus(
    200,
    await client.request('POST', '/api/v1/auth/login', { body: { identifier: email, password } }),
  )
  return { token: access_token }
}
