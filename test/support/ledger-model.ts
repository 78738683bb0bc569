import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import type { Sql } from '../../lib/db/client.ts'
import {
  postDispute,
  postDisputeLost,
  postDisputeWon,
  postRefund,
  postSale,
  postStripeFee,
} from '../../lib/ledger/postings.ts'
import { releaseDueShares } from '../../lib/ledger/release.ts'
import { currencies } from '../../lib/money/currencies.ts'
import { openPayout } from '../../lib/payouts/opening.ts'
import { leastPayout } from '../../lib/payouts/rules.ts'
import { putBack, settleTransfer } from '../../lib/payouts/settlement.ts'
import { dayMs, later } from '../../lib/time.ts'
import { type ItemSeed, paySeeded, readBalance, type SeededOrder, seedOrder } from './ledger.ts'
import { seedActor } from './tracks.ts'

/** Any way that the money of an order may go, and what has to be left of it each time. */

export const course = fc.record({
  currency: fc.constantFrom(...currencies),
  items: fc.array(
    fc.record({
      due: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 99_999_999 })),
      fee_bps: fc.oneof(fc.constantFrom(0, 1, 9_999, 10_000), fc.integer({ min: 0, max: 10_000 })),
      cuts: fc.array(fc.integer({ min: 1, max: 9_999 }), { maxLength: 4 }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  steps: fc.array(
    fc.record({
      does: fc.constantFrom(
        'refund',
        'refund',
        'dispute',
        'win',
        'lose',
        'release',
        'pay out',
        'transfer',
        'put back',
      ),
      which: fc.nat(),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
      isTwice: fc.boolean(),
    }),
    { maxLength: 14 },
  ),
})
export type Course = typeof course extends fc.Arbitrary<infer T> ? T : never
type Step = Course['steps'][number]

/** Split sheets that come to a whole: the cuts are where one share ends and the next begins. */
function toSplits(cuts: readonly number[], people: readonly string[]) {
  const ends = [...new Set(cuts), 10_000].toSorted((a, b) => a - b)
  return ends.map((end, at) => ({ user_id: people[at]!, split_bps: end - (ends[at - 1] ?? 0) }))
}

const start = new Date('2026-12-01T12:00:00Z')

export async function enter(sql: Sql, { currency, items }: Course) {
  const people: string[] = []
  for (let at = 0; at < 6; at++) people.push((await seedActor(sql)).id)
  const [buyer, ...earners] = people
  const seeds = items.map(
    ({ due, fee_bps, cuts }): ItemSeed => ({
      seller_id: earners[0]!,
      due,
      fee_bps,
      splits: toSplits(cuts, earners),
    }),
  )
  for (const user_id of earners) {
    await sql`
      insert into sellers (user_id, stripe_account_id, payouts_enabled, created_at, updated_at)
      values (${user_id}, ${`acct_${user_id}`}, true, now(), now())
    `
  }
  const order = await seedOrder(sql, buyer!, seeds, currency)
  return createCourse(sql, order, earners)
}

function createCourse(sql: Sql, order: SeededOrder, earners: readonly string[]) {
  const order_id = order.id
  let now = start
  let givenBack = 0
  const leftOf = new Map(order.items.map(({ id, due }) => [id, due]))
  const open: { readonly external_id: string; readonly amount: number }[] = []
  const underWay: string[] = []
  const left = () => [...leftOf.values()].reduce((sum, amount) => sum + amount, 0)

  /** Twice where that is to change nothing. */
  async function once(isTwice: boolean, work: () => Promise<boolean>) {
    expect(await work()).toBe(true)
    if (isTwice) expect(await work()).toBe(false)
  }

  async function refund(order_item_id: string, amount: number, isTwice = false) {
    if (amount === 0) return
    const posting = { order_id, external_id: `re_${randomUUID()}`, items: [{ order_item_id, amount }] }
    await once(isTwice, () => sql.begin((tx) => postRefund(tx, posting, now)))
    leftOf.set(order_item_id, leftOf.get(order_item_id)! - amount)
    givenBack += amount
  }

  /** What was taken of each item is for the ledger to say; all of it is checked by the rules of money. */
  async function lose({ external_id, amount }: (typeof open)[number], isTwice: boolean) {
    await once(isTwice, () => sql.begin((tx) => postDisputeLost(tx, { order_id, external_id }, now)))
    const before = left()
    const rows = await sql<{ id: string; left: number }[]>`
      select id, price_amount - discount_amount - refunded_amount as left from order_items where order_id = ${order_id}
    `
    for (const row of rows) leftOf.set(row.id, row.left)
    expect(before - left()).toBe(Math.min(before, amount))
    givenBack += amount
  }

  async function payOut(user_id: string) {
    const { available } = await readBalance(sql, user_id, order.currency)
    const [busy] = await sql`select from payouts where user_id = ${user_id} and status = 'pending'`
    if (busy || available < leastPayout(order.currency)) return
    const wish = { user_id, currency: order.currency, origin: 'schedule' } as const
    const payout = await sql.begin((tx) => openPayout(tx, wish, now))
    expect(payout.amount).toBe(available)
    underWay.push(payout.id)
  }

  const steps: Readonly<Record<Step['does'], (step: Step) => Promise<unknown>>> = {
    refund: async ({ which, part, isTwice }) => {
      const { id } = order.items[which % order.items.length]!
      await refund(id, Math.floor(leftOf.get(id)! * part), isTwice)
    },
    dispute: async ({ part, isTwice }) => {
      const amount = Math.ceil(order.total * part)
      if (amount === 0) return
      const dispute = { order_id, external_id: `dp_${randomUUID()}`, amount, currency: order.currency }
      await once(isTwice, () => sql.begin((tx) => postDispute(tx, dispute, now)))
      const fee = { order_id, external_id: `txn_${randomUUID()}`, amount: 1_500, currency: 'usd' }
      await once(isTwice, () => sql.begin((tx) => postStripeFee(tx, fee, now)))
      open.push(dispute)
    },
    win: async ({ isTwice }) => {
      const dispute = open.shift()
      if (!dispute) return
      const end = { order_id, external_id: dispute.external_id }
      await once(isTwice, () => sql.begin((tx) => postDisputeWon(tx, end, now)))
    },
    lose: async ({ isTwice }) => {
      const dispute = open.pop()
      if (dispute) await lose(dispute, isTwice)
    },
    release: async () => {
      now = later(now, 4 * dayMs)
      while ((await releaseDueShares(sql, now)) > 0);
    },
    'pay out': ({ which }) => payOut(earners[which % earners.length]!),
    transfer: async () => {
      const id = underWay.shift()
      if (id) await settleTransfer(sql, id, `tr_${randomUUID()}`, now)
    },
    'put back': async ({ isTwice }) => {
      const id = underWay.shift()
      if (!id) return
      await putBack(sql, id, 'balance_insufficient', now)
      if (isTwice) await putBack(sql, id, 'balance_insufficient', now)
    },
  }

  return {
    async pay(): Promise<void> {
      if (order.total === 0) return
      const external_id = await paySeeded(sql, order, now)
      expect(await sql.begin((tx) => postSale(tx, { order_id, external_id }, now))).toBe(false)
    },
    step: (step: Step) => steps[step.does](step),

    /** Gives back what is left, and answers what remains then: nothing but what is owed to us for what was paid out. */
    async end() {
      for (const { external_id } of open.splice(0)) {
        await sql.begin((tx) => postDisputeWon(tx, { order_id, external_id }, now))
      }
      for (const { id } of order.items) await refund(id, leftOf.get(id)!)
      const [{ paid }] = await sql<[{ paid: number }]>`
        select coalesce(sum(amount), 0)::bigint as paid from payouts
        where user_id = any(${[...earners]}::uuid[]) and stripe_transfer_id is not null
      `
      const balances = await Promise.all(earners.map((id) => readBalance(sql, id, order.currency)))
      const owed = balances.reduce((sum, b) => sum + b.pending + b.available + b.held + b.in_transit, 0)
      const [{ customers }] = await sql<[{ customers: number }]>`
        select coalesce(sum(e.amount), 0)::bigint as customers
        from ledger_entries e join ledger_movements m on m.id = e.movement_id
        where m.order_id = ${order_id} and e.account = 'customers'
      `
      const [{ refunded_amount }] = await sql<[{ refunded_amount: number }]>`
        select refunded_amount from orders where id = ${order_id}
      `
      return { paid, owed, customers, refunded_amount, total: order.total, givenBack }
    },
  }
}
