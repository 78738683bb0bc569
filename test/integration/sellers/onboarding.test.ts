import { sellerRoutes } from '../../../functions/marketplace/seller-routes.ts'
import { unavailable } from '../../../lib/errors.ts'
import { openPayout } from '../../../lib/payouts/opening.ts'
import type { Account } from '../../../lib/stripe/port.ts'
import { createClock } from '../../support/accounts.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { expectSound, readBalance } from '../../support/ledger.ts'
import { createMarketApi } from '../../support/market.ts'
import { createPayoutDesk, seedEarner } from '../../support/payouts.ts'
import { seedActor } from '../../support/tracks.ts'

const database = useDatabase()
const { sql } = database
const open = useConnections(database)
const clock = createClock()
const desk = createPayoutDesk(sql, clock.now)
const settings = { feeBps: 1_000, appUrl: 'https://veza.test', apiUrl: 'https://api.veza.test' }
const call = createMarketApi(sql, { stripe: desk.port, settings, now: clock.now })

beforeEach(() => clock.advance(60))
afterEach(() => expectSound(sql))

const party = { legal_name: 'Ada Lovelace', legal_address: '12 St James Square, London', country: 'GB' }
const accountsOf = (userId: string) => [...desk.accounts.values()].filter(({ user_id }) => user_id === userId)
/** As Stripe knows it by now. */
const change = (account: Account, changes: Partial<Account>) =>
  desk.accounts.set(account.id, { ...account, ...changes })

test('whoever earns gets a link to Stripe, and one account however often they ask', async () => {
  const earner = await seedActor(sql)
  const { status, body } = await call(sellerRoutes.startOnboarding, earner, { body: party })
  await call(sellerRoutes.startOnboarding, earner, { body: {} })

  const [account, ...more] = accountsOf(earner.id)
  expect([status, more]).toEqual([200, []])
  expect(body.url).toBe(`https://connect.stripe.test/${account!.id}`)
  expect(account).toMatchObject({ country: 'GB' })
  expect((await call(sellerRoutes.getSeller, earner)).body).toMatchObject({
    ...party,
    status: 'in_review',
    fee_bps: 1_000,
  })
})

test('ten who ask at once for the same person make one account', async () => {
  const earner = await seedActor(sql)
  const apis = (await open(10)).map((sql) =>
    createMarketApi(sql, { stripe: desk.port, settings, now: clock.now }),
  )
  const answers = await Promise.all(
    apis.map((call) => call(sellerRoutes.startOnboarding, earner, { body: {} })),
  )
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
  expect(accountsOf(earner.id)).toHaveLength(1)
})

test('an account that Stripe did not tell of is found again', async () => {
  const earner = await seedActor(sql)
  desk.failures.push({ after: unavailable(new Error('timeout')) })
  expect((await call(sellerRoutes.startOnboarding, earner, { body: {} })).status).toBe(503)
  const [account] = accountsOf(earner.id)

  await desk.refreshAccount(account!.id)
  await call(sellerRoutes.startOnboarding, earner, { body: {} })

  expect(accountsOf(earner.id)).toHaveLength(1)
  const [row] = await sql`select stripe_account_id from sellers where user_id = ${earner.id}`
  expect(row).toEqual({ stripe_account_id: account!.id })
})

test('a country that Stripe does not take can be put right, one that it has taken cannot', async () => {
  const earner = await seedActor(sql)
  const refused = await call(sellerRoutes.startOnboarding, earner, { body: { country: 'XX' } })
  expect(refused.body).toMatchObject({
    code: 'conflict',
    detail: expect.stringContaining('country_unsupported'),
  })

  expect((await call(sellerRoutes.startOnboarding, earner, { body: { country: 'FR' } })).status).toBe(200)
  const moved = await call(sellerRoutes.updateSeller, earner, { body: { country: 'DE' } })
  expect(moved.body).toMatchObject({ code: 'conflict' })
})

test('how they stand follows what Stripe says, and they are told what it still wants', async () => {
  const earner = await seedActor(sql)
  expect((await call(sellerRoutes.getSeller, earner)).body).toMatchObject({
    status: 'not_started',
    revision: 0,
  })
  await call(sellerRoutes.startOnboarding, earner, { body: {} })
  const [account] = accountsOf(earner.id)
  const look = async () => (await call(sellerRoutes.getSeller, earner)).body

  await desk.refreshAccount(account!.id)
  expect(await look()).toMatchObject({ status: 'incomplete', requirements_due: ['external_account'] })

  clock.advance(1)
  change(account!, { requirements_due: [], charges_enabled: true, payouts_enabled: true })
  await desk.refreshAccount(account!.id)
  expect(await look()).toMatchObject({ status: 'active', requirements_due: [], payouts_enabled: true })
})

test('of two looks at an account the later one counts', async () => {
  const earner = await seedActor(sql)
  await call(sellerRoutes.startOnboarding, earner, { body: {} })
  const [account] = accountsOf(earner.id)
  const { retrieveAccount } = desk.port
  let answer = (_account: Account) => {}
  desk.port.retrieveAccount = () => new Promise((resolve) => (answer = resolve))
  const slow = desk.refreshAccount(account!.id)
  desk.port.retrieveAccount = retrieveAccount

  clock.advance(1)
  change(account!, { charges_enabled: true, payouts_enabled: true })
  await desk.refreshAccount(account!.id)
  answer(account!)
  await slow

  expect((await call(sellerRoutes.getSeller, earner)).body).toMatchObject({ payouts_enabled: true })
})

test('who cannot be paid out any more keeps what they earned, and what their bank sent back goes out again', async () => {
  const earner = await seedEarner(sql, 4_200, 'usd', clock.now())
  const id = `acct_${earner.username}`
  const account = { id, user_id: earner.id, country: 'GB', requirements_due: [], charges_enabled: true }
  const wish = { user_id: earner.id, currency: 'usd', amount: 2_000, origin: 'seller' } as const
  await sql.begin((tx) => openPayout(tx, wish, clock.now()))
  await desk.work()
  const bank = desk.settle('failed', 'account_closed')
  await desk.refreshPayout({ object_id: bank.id, account_id: id })

  clock.advance(1)
  desk.accounts.set(id, { ...account, payouts_enabled: false })
  await desk.refreshAccount(id)
  expect(await readBalance(sql, earner.id)).toMatchObject({ available: 2_200 })
  expect(await desk.work()).toBe(0)

  clock.advance(1)
  desk.accounts.set(id, { ...account, payouts_enabled: true })
  await desk.refreshAccount(id)
  expect(await desk.work()).toBe(1)
  expect(desk.bankPayouts.filter(({ account_id }) => account_id === id)).toHaveLength(2)
})

test('an account that nobody here has changes nothing', async () => {
  const id = 'acct_of_nobody'
  desk.accounts.set(id, {
    id,
    user_id: null,
    country: 'US',
    requirements_due: [],
    charges_enabled: true,
    payouts_enabled: true,
  })
  await desk.refreshAccount(id)
  const rows = await sql`select from sellers where stripe_account_id = ${id}`
  expect(rows).toHaveLength(0)
})

test('a name and an address are changed as they were last seen, and what is sent is looked at', async () => {
  const earner = await seedActor(sql)
  const { headers } = await call(sellerRoutes.updateSeller, earner, { body: party })
  const etag = headers.etag!
  const changed = { body: { legal_name: 'Ada King' }, headers: { 'if-match': etag } }
  expect((await call(sellerRoutes.updateSeller, earner, changed)).body).toMatchObject({
    legal_name: 'Ada King',
    country: 'GB',
  })
  expect((await call(sellerRoutes.updateSeller, earner, changed)).status).toBe(412)

  for (const body of [
    { legal_name: ' ' },
    { country: 'gb' },
    { legal_address: 'x'.repeat(501) },
    { fee_bps: 0 },
  ]) {
    expect((await call(sellerRoutes.updateSeller, earner, { body })).status).toBe(422)
  }
})
