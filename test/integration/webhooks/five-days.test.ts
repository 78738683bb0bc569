import { dayMs, hourMs, later, minuteMs } from '../../../lib/time.ts'
import { endPendingOfDisabled, judgeTroubled } from '../../../lib/webhooks/deliveries/disabling.ts'
import { workRecoveries } from '../../../lib/webhooks/deliveries/recovery.ts'
import { insertRecovery } from '../../../lib/webhooks/endpoints/recovery-repository.ts'
import { enableEndpoint } from '../../../lib/webhooks/endpoints/repository.ts'
import { useDatabase } from '../../support/database.ts'
import { type Answer, createWebhookDesk, deskStart, refuses, succeeds } from '../../support/webhook-desk.ts'

const { sql } = useDatabase()
const desk = createWebhookDesk(sql)

const planned = [5_000, 5 * minuteMs, 30 * minuteMs, ...[2, 5, 10, 14, 20, 24].map((hours) => hours * hourMs)]
const atDay = (days: number) => later(deskStart, days * dayMs)

const received: { event_id: string; at: Date; isSuccess: boolean }[] = []
const receive = async (answer: Answer) => {
  for (;;) {
    await desk.dispatchAll()
    const handed = desk.takeHanded()
    if (handed.length === 0) return
    for (const one of handed.toSorted((a, b) => a.at.getTime() - b.at.getTime())) {
      if (one.at > desk.now()) desk.goTo(one.at)
      received.push({ event_id: one.event_id, at: one.at, isSuccess: answer === succeeds })
      await desk.answer(one, answer)
    }
  }
}

/** When the clock has something to do before this time. */
async function nextStop(until: Date): Promise<Date> {
  const [row] = await sql<[{ at: Date | null }]>`
    select min(next_attempt_at) as at from webhook_deliveries
    where status = 'pending' and next_attempt_at > ${desk.now()}
  `
  return row.at && row.at < until ? row.at : until
}

const told: { trouble: string; at: Date }[] = []
async function sweep() {
  await judgeTroubled(sql, desk.now())
  await endPendingOfDisabled(sql, desk.now())
  const rows = await sql<{ payload: { trouble: string } }[]>`
    delete from outbox where type = 'webhook.trouble' returning payload
  `
  told.push(...rows.map(({ payload: { trouble } }) => ({ trouble, at: desk.now() })))
}

async function live(until: Date, answer: Answer) {
  while (desk.now() < until) {
    await receive(answer)
    await sweep()
    const next = await nextStop(until)
    if (next > desk.now()) desk.goTo(next)
  }
}

/** It waits for whatever is open on the server, other tests among them. */
async function recoverAll() {
  for (;;) {
    await workRecoveries(sql, desk.now())
    if ((await sql`select from webhook_recoveries where status = 'running'`).length === 0) return
  }
}

test('a receiver that is down for five days is told of, disabled, and gets once what it missed', async () => {
  await desk.clear()
  const account = await desk.addAccount()
  const { id } = await desk.addEndpoint(account)
  const events: string[] = []
  for (let hours = 0; hours < 5 * 24; hours += 12) {
    const at = later(deskStart, hours * hourMs)
    await live(at, refuses)
    events.push((await desk.publish(account))[0]!.id)
  }
  for (const stop of [later(atDay(5), -1), atDay(5)]) {
    await live(stop, refuses)
    await sweep()
    if (stop < atDay(5)) expect(told.map(({ trouble }) => trouble)).not.toContain('disabled')
  }

  const ofFirst = received.filter(({ event_id }) => event_id === events[0]).map(({ at }) => at.getTime())
  expect(ofFirst).toHaveLength(10)
  const delays = ofFirst.slice(1).map((at, index) => at - ofFirst[index]!)
  for (const [index, delay] of delays.entries()) {
    expect(delay).toBeGreaterThanOrEqual(planned[index]!)
    expect(delay).toBeLessThanOrEqual(planned[index]! + 3_000)
  }
  const [{ most }] = (await sql<[{ most: number }]>`
    select max(attempt_count) as most from webhook_deliveries
  `) as [{ most: number }]
  expect(most).toBe(10)

  const notices = told.filter(({ trouble }) => trouble !== 'exhausted')
  expect(notices.map(({ trouble }) => trouble)).toEqual(['failing', 'still_failing', 'disabled'])
  for (const [index, days] of [1, 3, 5].entries()) {
    const late = notices[index]!.at.getTime() - atDay(days).getTime()
    expect(late).toBeGreaterThanOrEqual(0)
    // As soon as the clock of this test had a reason to look.
    expect(late).toBeLessThanOrEqual(12 * hourMs)
  }
  expect(told.filter(({ trouble }) => trouble === 'exhausted').length).toBeGreaterThan(0)
  expect(await sql`select status, disabled_reason from webhook_endpoints`).toEqual([
    { status: 'disabled', disabled_reason: 'failing' },
  ])
  expect(await sql`select from webhook_deliveries where status <> 'failed'`).toHaveLength(0)

  desk.pass(hourMs)
  for (let count = 0; count < 3; count++) events.push((await desk.publish(account))[0]!.id)
  await receive(succeeds)
  expect(received.some(({ isSuccess }) => isSuccess)).toBe(false)

  await sql.begin(async (tx) => {
    await enableEndpoint(tx, id, desk.now())
    await insertRecovery(tx, id, deskStart, desk.now())
  })
  events.push((await desk.publish(account))[0]!.id)
  await recoverAll()
  await live(later(desk.now(), hourMs), succeeds)

  const delivered = received.filter(({ isSuccess }) => isSuccess).map(({ event_id }) => event_id)
  expect(delivered.toSorted()).toEqual(events.toSorted())
  expect(delivered[0]).toBe(events.at(-1))
  expect(await sql`select status, recovered_count from webhook_recoveries`).toEqual([
    { status: 'done', recovered_count: events.length - 1 },
  ])
  expect(await sql`select failures_in_row, status from webhook_endpoints`).toEqual([
    { failures_in_row: 0, status: 'enabled' },
  ])
}, 120_000)
