import { minuteMs } from '../../../lib/time.ts'
import { createDispatcher } from '../../../lib/webhooks/deliveries/dispatch.ts'
import { createLostSweep } from '../../../lib/webhooks/deliveries/lost.ts'
import { createResultHandler } from '../../../lib/webhooks/deliveries/results.ts'
import { useDatabase } from '../../support/database.ts'
import { captureLog } from '../../support/log.ts'
import {
  createWebhookDesk,
  deskStart,
  fieldCipher,
  messageCipher,
  refuses,
  succeeds,
} from '../../support/webhook-desk.ts'

const { sql } = useDatabase()
const desk = createWebhookDesk(sql)
beforeEach(() => desk.clear())

const states = () => sql`
  select status, attempt_count, tries, claimed_until > '-infinity' as is_claimed, lost_claims
  from webhook_deliveries order by id
`
async function publishOne(fields: Record<string, unknown> = {}) {
  const account = await desk.addAccount()
  const endpoint = await desk.addEndpoint(account, fields)
  await desk.publish(account)
  return { account, endpoint }
}

test('a crash between claim and send is healed when the claim runs out, under the same number', async () => {
  await publishOne()
  desk.takeAs(() => Promise.reject(new Error('The queue does not answer')))
  await desk.dispatcher.dispatchSoon()
  expect(await states()).toMatchObject([{ is_claimed: true, attempt_count: 0 }])
  desk.takeAs(async (messages) => messages.map(({ id }) => id))
  desk.pass(10 * minuteMs - 1)
  await desk.dispatchAll()
  expect(desk.handed).toEqual([])
  desk.pass(1)
  await desk.dispatchAll()
  expect(desk.handed).toMatchObject([{ attempt: 1 }])
  expect(await states()).toMatchObject([{ is_claimed: true, lost_claims: 1 }])
})

test('a result that comes after its message was handed over again counts, and the other does not', async () => {
  await publishOne()
  await desk.dispatchAll()
  desk.pass(10 * minuteMs)
  await desk.dispatchAll()
  const [first, second] = desk.takeHanded()
  expect(second).toMatchObject({ delivery_id: first!.delivery_id, attempt: 1 })
  await desk.answer(first!, refuses)
  await desk.answer(second!, refuses)
  expect(await states()).toEqual([
    { status: 'pending', attempt_count: 1, tries: 1, is_claimed: false, lost_claims: 0 },
  ])
})

test('what the queue refuses is due again at once', async () => {
  await publishOne()
  desk.takeAs(async () => [])
  const { log } = await captureLog(() => desk.dispatcher.dispatchDue())
  expect(log).toMatchObject([{ level: 'ERROR', messages: 1, webhooks_unsent: 1 }])
  expect(await states()).toMatchObject([{ is_claimed: false }])
  desk.takeAs(async (messages) => messages.map(({ id }) => id))
  await desk.dispatchAll()
  expect(desk.handed).toHaveLength(1)
})

test('a secret that cannot be opened holds up its own endpoint alone', async () => {
  const account = await desk.addAccount()
  const broken = await desk.addEndpoint(account, { sealed_secret: 'nothing that opens' })
  const sound = await desk.addEndpoint(account)
  await desk.publish(account)
  await captureLog(() => desk.dispatcher.dispatchDue())
  expect(desk.handed).toMatchObject([{ url: sound.url }])
  expect(JSON.stringify(desk.handed)).not.toContain(broken.url)
  expect(await states()).toMatchObject([{ is_claimed: false }, { is_claimed: true }])
})

test('what is handed over in vain again and again counts as an attempt, and not against the endpoint', async () => {
  await publishOne()
  const giveUpLost = createLostSweep({ sql, random: () => 0.5 })
  for (let times = 0; times < 6; times++) {
    await desk.dispatchAll()
    await giveUpLost(desk.now())
    desk.pass(10 * minuteMs)
  }
  expect(desk.handed.map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1, 2])
  expect(await sql`select number, error from webhook_attempts`).toEqual([{ number: 1, error: 'not_sent' }])
  expect(await states()).toMatchObject([{ status: 'pending', attempt_count: 1, tries: 1 }])
  expect(await sql`select failures_in_row, first_failure_at from webhook_endpoints`).toEqual([
    { failures_in_row: 0, first_failure_at: null },
  ])
  await desk.answer(desk.handed[0]!, succeeds)
  expect(await states()).toMatchObject([{ status: 'succeeded' }])
  expect(await sql`select number, error from webhook_attempts`).toEqual([{ number: 1, error: null }])
})

test('a crash while a result is handled leaves nothing of it, and it is handled again', async () => {
  await publishOne()
  await desk.dispatchAll()
  const [handed] = desk.takeHanded()
  const crash = createResultHandler({
    sql,
    now: desk.now,
    random: () => {
      throw new Error('Killed')
    },
  })
  await expect(crash(desk.toResult(handed!, refuses))).rejects.toThrow('Killed')
  expect(await states()).toMatchObject([{ attempt_count: 0, tries: 0, is_claimed: true }])
  expect(await sql`select from webhook_attempts`).toHaveLength(0)
  await desk.answer(handed!, refuses)
  expect(await states()).toMatchObject([{ attempt_count: 1, tries: 1 }])
})

test('what the sender is handed can be read with its own key alone', async () => {
  await publishOne()
  const bodies: string[] = []
  const queue = {
    send: async (messages: readonly { id: string; body: string }[]) => {
      bodies.push(...messages.map(({ body }) => body))
      return messages.map(({ id }) => id)
    },
  }
  await createDispatcher({ sql, queue, fieldCipher, messageCipher, now: () => deskStart }).dispatchDue()
  const { sealed } = JSON.parse(bodies[0]!)
  await expect(fieldCipher.open(sealed)).rejects.toThrow()
  expect(JSON.parse(await messageCipher.open(sealed))).toMatchObject({ attempt: 1 })
  expect(bodies[0]).not.toContain('whsec_')
})

describe('who comes when', () => {
  test('one that is dead holds up none of the nine others', async () => {
    const account = await desk.addAccount()
    const dead = await desk.addEndpoint(account)
    for (let others = 0; others < 9; others++) await desk.addEndpoint(account)
    await desk.publish(account, 50)
    let answered = 0
    for (let second = 0; second < 5; second++) {
      await desk.dispatchAll()
      const alive = desk.takeHanded().filter(({ url }) => url !== dead.url)
      expect(alive).toHaveLength(90)
      for (const one of alive) await desk.answer(one, succeeds)
      answered += alive.length
      desk.pass(1_000)
    }
    expect(answered).toBe(450)
    const [left] = await sql`
      select count(*) filter (where claimed_until > '-infinity')::int as in_flight, count(*)::int as waiting
      from webhook_deliveries where endpoint_id = ${dead.id} and status = 'pending'
    `
    expect(left).toEqual({ in_flight: 10, waiting: 50 })
  })

  test('a round gives each its turn, whatever waits at one of them', async () => {
    const account = await desk.addAccount()
    const busy = await desk.addEndpoint(account, { rate_per_second: 100 })
    await desk.publish(account, 60)
    const others = []
    for (let count = 0; count < 4; count++) others.push(await desk.addEndpoint(account))
    desk.pass(1)
    await desk.publish(account, 5)
    await desk.dispatcher.dispatchDue(10)
    const perUrl = [busy, ...others].map(({ url }) => desk.handed.filter((one) => one.url === url).length)
    expect(perUrl).toEqual([2, 2, 2, 2, 2])
  })

  test('a hundred events at ten a second take ten seconds', async () => {
    const account = await desk.addAccount()
    await desk.addEndpoint(account, { rate_per_second: 10 })
    await desk.publish(account, 100)
    const perSecond = new Map<number, number>()
    for (let rounds = 0; rounds < 20; rounds++) {
      await desk.dispatchAll()
      for (const one of desk.takeHanded()) {
        const second = Math.floor((one.at.getTime() - deskStart.getTime()) / 1_000)
        perSecond.set(second, (perSecond.get(second) ?? 0) + 1)
        await desk.answer(one, succeeds)
      }
    }
    expect([...perSecond.values()]).toEqual(Array(10).fill(10))
    expect([...perSecond.keys()]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  test('two dispatchers at once never hand over the same attempt', async () => {
    const account = await desk.addAccount()
    for (let count = 0; count < 5; count++) await desk.addEndpoint(account, { rate_per_second: 100 })
    await desk.publish(account, 30)
    const dispatchers = Array.from({ length: 4 }, () => desk.makeDispatcher())
    await Promise.all(dispatchers.map((dispatcher) => desk.dispatchAll(dispatcher)))
    const keys = desk.handed.map(({ delivery_id, attempt }) => `${delivery_id} ${attempt}`)
    expect(new Set(keys).size).toBe(keys.length)
    expect(keys).toHaveLength(150)
  })
})
