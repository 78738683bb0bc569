import { AppError, unavailable } from '../../../lib/errors.ts'
import { openPayout } from '../../../lib/payouts/opening.ts'
import { repeatGivenUpCalls, retryBankPayouts } from '../../../lib/payouts/retries.ts'
import { StripeRefusal } from '../../../lib/stripe/errors.ts'
import { dayMs, later } from '../../../lib/time.ts'
import { createClock } from '../../support/accounts.ts'
import { useDatabase } from '../../support/database.ts'
import { expectSound, readAccount, readBalance } from '../../support/ledger.ts'
import { createPayoutDesk, seedEarner } from '../../support/payouts.ts'

const { sql } = useDatabase()

afterEach(() => expectSound(sql))

/** Somebody who has just asked for 42.00. */
async function setUp() {
  const clock = createClock(new Date('2026-12-01T12:00:00Z'))
  const desk = createPayoutDesk(sql, clock.now)
  const earner = await seedEarner(sql, 4_200, 'usd', clock.now())
  const wish = { user_id: earner.id, currency: 'usd', origin: 'seller' } as const
  const { id } = await sql.begin((tx) => openPayout(tx, wish, clock.now()))
  const look = async () => {
    const [row] = await sql`
      select status, failed_reason, settled_at is not null as is_settled from payouts where id = ${id}
    `
    return row
  }
  const told = async () =>
    (await sql`select type from outbox where payload->>'payout_id' = ${id}`).map(({ type }) => type)
  return { clock, desk, earner, id, look, told, balance: () => readBalance(sql, earner.id) }
}

const bankEvent = ({ id, account_id }: { id: string; account_id: string }) => ({ object_id: id, account_id })

test('a payout goes to the account at Stripe, from there to the bank, and is paid when the bank has it', async () => {
  const { desk, earner, look, told, balance } = await setUp()
  const before = await readAccount(sql, 'connected_accounts')

  expect(await desk.work()).toBe(2)

  expect(desk.transfers).toMatchObject([{ account_id: `acct_${earner.username}`, amount: 4_200 }])
  expect(desk.bankPayouts).toMatchObject([{ amount: 4_200, status: 'pending' }])
  expect(await readAccount(sql, 'connected_accounts')).toBe(before + 4_200)
  expect(await balance()).toMatchObject({ available: 0, in_transit: 0 })
  expect(await look()).toEqual({ status: 'in_transit', failed_reason: null, is_settled: false })

  const bank = desk.settle('paid')
  for (let times = 0; times < 3; times++) await desk.refreshPayout(bankEvent(bank))
  expect(await look()).toEqual({ status: 'paid', failed_reason: null, is_settled: true })
  expect(await told()).toEqual(['payout.created', 'payout.paid'])
})

test('a transfer that is refused puts the money back', async () => {
  const { desk, look, told, balance } = await setUp()
  desk.failures.push({ before: new StripeRefusal('balance_insufficient') })

  await desk.work()

  expect(desk.transfers).toEqual([])
  expect(await look()).toEqual({ status: 'failed', failed_reason: 'balance_insufficient', is_settled: true })
  expect(await balance()).toMatchObject({ available: 4_200, in_transit: 0 })
  expect(await told()).toEqual(['payout.created', 'payout.failed'])
})

test.each([
  { name: 'before', failure: { before: unavailable(new Error('timeout')) } },
  { name: 'after', failure: { after: unavailable(new Error('timeout')) } },
])('a transfer that Stripe did not answer to $name it was made is made once', async ({ failure }) => {
  const { desk, clock, look, balance } = await setUp()
  desk.failures.push(failure)

  await desk.work()
  expect(await look()).toMatchObject({ status: 'pending' })
  expect(await balance()).toMatchObject({ in_transit: 4_200 })

  clock.advance(60)
  await desk.work()
  expect(desk.transfers).toHaveLength(1)
  expect(await look()).toMatchObject({ status: 'in_transit' })
})

test('a transfer that an event tells of first is written down once', async () => {
  const { desk, clock, look } = await setUp()
  desk.failures.push({ after: unavailable(new Error('timeout')) })
  await desk.work()
  const [transfer] = desk.transfers
  const event = { object_id: transfer!.id, account_id: null }

  await Promise.all([desk.refreshTransfer(event), desk.refreshTransfer(event)])
  clock.advance(60)
  await desk.work()

  expect(await look()).toMatchObject({ status: 'in_transit' })
  expect(desk.transfers).toHaveLength(1)
  expect(desk.bankPayouts).toHaveLength(1)
})

test('a statement that cannot be kept holds up the transfer, not more', async () => {
  const { desk, clock, look } = await setUp()
  desk.exports.failNext('put')

  await desk.work()
  expect(desk.transfers).toEqual([])
  expect(await look()).toMatchObject({ status: 'pending' })

  clock.advance(60)
  await desk.work()
  expect(await look()).toMatchObject({ status: 'in_transit' })
})

test('what a bank sends back stays at Stripe, and goes out again a day later', async () => {
  const { desk, clock, look, told, balance } = await setUp()
  await desk.work()
  const first = desk.settle('failed', 'account_closed')
  await desk.refreshPayout(bankEvent(first))

  expect(await look()).toEqual({ status: 'failed', failed_reason: 'account_closed', is_settled: false })
  expect(await balance()).toMatchObject({ available: 0, in_transit: 0 })
  expect(await retryBankPayouts(sql, clock.now())).toBe(0)

  clock.advance(86_401)
  expect(await retryBankPayouts(sql, clock.now())).toBe(1)
  await desk.work()
  expect(desk.bankPayouts).toHaveLength(2)
  // Late news of the first one changes nothing.
  await desk.refreshPayout(bankEvent(first))
  expect(await look()).toMatchObject({ status: 'in_transit' })

  await desk.refreshPayout(bankEvent(desk.settle('paid')))
  expect(await look()).toMatchObject({ status: 'paid', is_settled: true })
  expect(await told()).toEqual(['payout.created', 'payout.failed', 'payout.paid'])
})

test('what was paid may still come back', async () => {
  const { desk, look } = await setUp()
  await desk.work()
  await desk.refreshPayout(bankEvent(desk.settle('paid')))
  await desk.refreshPayout(bankEvent(desk.settle('failed', 'no_account')))
  expect(await look()).toEqual({ status: 'failed', failed_reason: 'no_account', is_settled: false })
})

test('a bank payout that is refused waits at Stripe', async () => {
  const { desk, look, balance } = await setUp()
  const { createPayout } = desk.port
  desk.port.createPayout = async () => Promise.reject(new StripeRefusal('payouts_not_allowed'))
  await desk.work()
  desk.port.createPayout = createPayout

  expect(await look()).toEqual({ status: 'failed', failed_reason: 'payouts_not_allowed', is_settled: false })
  expect(await balance()).toMatchObject({ available: 0, in_transit: 0 })
})

test('an event of a bank payout that is not written down yet comes again', async () => {
  const { desk, clock, look } = await setUp()
  const { createPayout } = desk.port
  desk.port.createPayout = async (...given) => {
    await createPayout(...given)
    throw unavailable(new Error('timeout'))
  }
  await desk.work()
  desk.port.createPayout = createPayout

  const bank = desk.settle('paid')
  await expect(desk.refreshPayout(bankEvent(bank))).rejects.toThrow(AppError)
  clock.advance(60)
  await desk.work()
  await desk.refreshPayout(bankEvent(bank))

  expect(desk.bankPayouts).toHaveLength(1)
  expect(await look()).toMatchObject({ status: 'paid' })
})

test('events of what is not ours change nothing', async () => {
  const { desk, earner, look } = await setUp()
  await desk.work()
  const bank = desk.settle('paid')
  await desk.refreshPayout({ object_id: bank.id, account_id: null })
  await desk.refreshPayout({ object_id: bank.id, account_id: `acct_of_another_than_${earner.id}` })
  expect(await look()).toMatchObject({ status: 'in_transit' })
})

test('what Stripe did not answer to for hours is asked for again, and not done twice', async () => {
  const { desk, clock, look } = await setUp()
  desk.failures.push({ after: unavailable(new Error('timeout')) })
  await desk.work()
  for (let tries = 1; tries < 8; tries++) {
    desk.failures.push({ before: unavailable(new Error('timeout')) })
    const { listTransfers } = desk.port
    desk.port.listTransfers = async () => Promise.reject(unavailable(new Error('timeout')))
    clock.advance(3_600)
    await desk.work()
    desk.port.listTransfers = listTransfers
  }
  desk.failures.length = 0
  expect(await look()).toMatchObject({ status: 'pending' })
  expect(await desk.work(later(clock.now(), dayMs))).toBe(0)

  expect(await repeatGivenUpCalls(sql, clock.now())).toBe(1)
  expect(await repeatGivenUpCalls(sql, clock.now())).toBe(0)
  await desk.work()

  expect(desk.transfers).toHaveLength(1)
  expect(await look()).toMatchObject({ status: 'in_transit' })
})
