import { randomUUID } from 'node:crypto'
import { moneyRoutes } from '../../../functions/marketplace/money-routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { expectSound, readBalance } from '../../support/ledger.ts'
import { createMarketApi } from '../../support/market.ts'
import { createPayoutDesk, earn, seedEarner } from '../../support/payouts.ts'
import { seedActor } from '../../support/tracks.ts'

const database = useDatabase()
const { sql } = database
const open = useConnections(database)
const now = () => new Date('2026-12-01T12:00:00Z')
const desk = createPayoutDesk(sql, now)
const call = createMarketApi(sql, { stripe: desk.port, exports: desk.exports, now })

afterEach(() => expectSound(sql))

const request = (as: Actor, body: object = {}, key: string = randomUUID()) =>
  call(moneyRoutes.requestPayout, as, { body, headers: { 'idempotency-key': key } })

describe('whoever asks for a payout', () => {
  test('gets all that is available, in one currency', async () => {
    const earner = await seedEarner(sql, 4_200, 'usd', now())

    const { status, body } = await request(earner)

    expect(status).toBe(201)
    expect(body).toMatchObject({ amount: 4_200, currency: 'usd', status: 'pending', origin: 'seller' })
    expect(await readBalance(sql, earner.id)).toMatchObject({ available: 0, in_transit: 4_200 })
    const events = await sql`select type from outbox where payload->>'payout_id' = ${body.id}`
    expect(events).toEqual([{ type: 'payout.created' }])
  })

  test('gets as much as they say, and names the currency where there are two', async () => {
    const earner = await seedEarner(sql, 5_000, 'usd', now())
    await earn(sql, earner, 9_000, 'eur', now())

    const vague = await request(earner)
    const { body } = await request(earner, { currency: 'eur', amount: 2_000 })

    expect([vague.status, vague.body]).toMatchObject([422, { errors: [{ pointer: '#/body/currency' }] }])
    expect(body).toMatchObject({ amount: 2_000, currency: 'eur' })
    expect(await readBalance(sql, earner.id, 'eur')).toMatchObject({ available: 7_000, in_transit: 2_000 })
  })

  test('gets the same answer for the same key', async () => {
    const earner = await seedEarner(sql, 4_200, 'usd', now())
    const key = randomUUID()

    const first = await request(earner, { amount: 1_000 }, key)
    const second = await request(earner, { amount: 1_000 }, key)

    expect(second.body).toEqual(first.body)
    expect(await readBalance(sql, earner.id)).toMatchObject({ in_transit: 1_000 })
  })

  test.each([
    { name: 'less than is paid out at once is there', has: 999, body: {}, code: 'payout_too_small' },
    {
      name: 'less is asked for than is paid out at once',
      has: 5_000,
      body: { amount: 999 },
      code: 'payout_too_small',
    },
    {
      name: 'more is asked for than there is',
      has: 5_000,
      body: { amount: 5_001 },
      code: 'payout_too_small',
    },
    {
      name: 'there is none of the currency',
      has: 5_000,
      body: { currency: 'jpy' },
      code: 'payout_too_small',
    },
    {
      name: 'the currency is none of ours',
      has: 5_000,
      body: { currency: 'xxx' },
      code: 'validation_failed',
    },
    { name: 'the amount is negative', has: 5_000, body: { amount: -1_000 }, code: 'validation_failed' },
    { name: 'the amount is broken', has: 5_000, body: { amount: 1_000.5 }, code: 'validation_failed' },
    { name: 'the amount is beyond all', has: 5_000, body: { amount: 1e12 }, code: 'validation_failed' },
  ])('is refused when $name', async ({ has, body, code }) => {
    const earner = await seedEarner(sql, has, 'usd', now())
    expect((await request(earner, body)).body).toMatchObject({ code })
    expect(await readBalance(sql, earner.id)).toMatchObject({ available: has, in_transit: 0 })
  })

  test('is refused where whole units are the smallest, by their own minimum', async () => {
    const earner = await seedEarner(sql, 1_499, 'jpy', now())
    expect((await request(earner)).body).toMatchObject({
      code: 'payout_too_small',
      detail: expect.stringContaining('¥1,500'),
    })
  })

  test('is refused without a key, and while Stripe does not let them', async () => {
    const earner = await seedEarner(sql, 4_200, 'usd', now())
    expect((await call(moneyRoutes.requestPayout, earner, { body: {} })).body).toMatchObject({
      code: 'idempotency_key_required',
    })
    await sql`update sellers set payouts_enabled = false where user_id = ${earner.id}`
    expect((await request(earner)).body).toMatchObject({ code: 'onboarding_required' })
    expect((await request(await seedActor(sql))).body).toMatchObject({ code: 'onboarding_required' })
    expect(await readBalance(sql, earner.id)).toMatchObject({ available: 4_200 })
  })

  test('has one under way at a time', async () => {
    const earner = await seedEarner(sql, 4_200, 'usd', now())
    await request(earner, { amount: 1_000 })
    expect((await request(earner, { amount: 1_000 })).body).toMatchObject({ code: 'payout_in_progress' })
  })

  test('gets one of fifty at once', async () => {
    const earner = await seedEarner(sql, 60_000, 'usd', now())
    const apis = (await open(10)).map((sql) => createMarketApi(sql, { stripe: desk.port, now }))
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        apis[at % 10]!(moneyRoutes.requestPayout, earner, {
          body: { amount: 1_000 },
          headers: { 'idempotency-key': randomUUID() },
        }),
      ),
    )

    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(
      answers.filter(({ body }) => (body as { code?: string }).code === 'payout_in_progress'),
    ).toHaveLength(49)
    expect(await readBalance(sql, earner.id)).toMatchObject({ available: 59_000, in_transit: 1_000 })
  })
})

describe('payouts', () => {
  test('are shown to whoever gets them, newest first, and to nobody else', async () => {
    const [earner, other] = [await seedEarner(sql, 4_200, 'usd', now()), await seedActor(sql)]
    const { body: first } = await request(earner, { amount: 1_000 })
    await desk.work()
    const { body: second } = await request(earner, { amount: 2_000 })

    const page = await call(moneyRoutes.listPayouts, earner, { query: { limit: 1 } })
    const next = await call(moneyRoutes.listPayouts, earner, { query: { cursor: page.body.next_cursor! } })

    expect([...page.body.data, ...next.body.data].map(({ id }) => id)).toEqual([second.id, first.id])
    const params = { payout_id: first.id }
    expect((await call(moneyRoutes.getPayout, earner, { params })).body).toMatchObject({
      status: 'in_transit',
      is_transferred: true,
      has_statement: true,
    })
    expect((await call(moneyRoutes.getPayout, other, { params })).status).toBe(404)
    expect((await call(moneyRoutes.getPayoutStatement, other, { params })).status).toBe(404)
    expect((await call(moneyRoutes.listPayouts, other)).body.data).toEqual([])
  })
})
