import { randomUUID } from 'node:crypto'
import type { Transaction } from '../../../lib/db/client.ts'
import { checkMoney } from '../../../lib/ledger/check.ts'
import { findBreaches, rules } from '../../../lib/ledger/invariants.ts'
import { openPayout } from '../../../lib/payouts/opening.ts'
import { useDatabase } from '../../support/database.ts'
import { expectSound } from '../../support/ledger.ts'
import { captureLog } from '../../support/log.ts'
import { earn, seedEarner } from '../../support/payouts.ts'

const { sql } = useDatabase()

class Undo extends Error {}

/** What is broken once this was done; it is undone again. The triggers that would refuse it look away. */
async function breachesAfter(breaking: (tx: Transaction) => Promise<unknown>): Promise<readonly string[]> {
  let found: readonly string[] = []
  const trying = sql.begin(async (tx) => {
    await tx`set local session_replication_role = replica`
    await breaking(tx)
    found = (await findBreaches(tx)).map(({ rule }) => rule)
    throw new Undo()
  })
  await expect(trying).rejects.toThrow(Undo)
  return [...new Set(found)]
}

/** One order of 50.00 whose money is available, 20.00 of it being paid out. */
beforeAll(async () => {
  const earner = await seedEarner(sql, 4_000)
  await earn(sql, earner, 1_000)
  const wish = { user_id: earner.id, currency: 'usd', amount: 2_000, origin: 'seller' } as const
  await sql.begin((tx) => openPayout(tx, wish, new Date()))
  await expectSound(sql)
})

const oneOrder = (tx: Transaction) => tx`(select id from orders order by id limit 1)`

const breakings: Readonly<Record<keyof typeof rules, (tx: Transaction) => Promise<unknown>>> = {
  ledger_balanced: (tx) => tx`delete from ledger_entries where account = 'customers'`,
  movement_balanced: (tx) => tx`
    update ledger_entries set amount = amount + case when id = (select min(id::text)::uuid from ledger_entries) then 1
      when id = (select max(id::text)::uuid from ledger_entries) then -1 else 0 end
  `,
  balance_is_its_entries: (tx) => tx`update balances set available = available + 1`,
  balance_not_negative: (tx) => tx`update balances set held = -1`,
  in_transit_is_being_paid_out: (tx) => tx`update payouts set amount = amount - 1`,
  payout_is_in_the_ledger: (tx) => tx`update payouts set status = 'in_transit', stripe_transfer_id = 'tr_1'`,
  order_is_its_items: (tx) => tx`
    update order_items set price_amount = price_amount + 1 where order_id = ${oneOrder(tx)}
  `,
  item_is_fee_and_shares: (tx) => tx`update order_item_shares set amount = amount - 1`,
  paid_has_a_sale: (tx) => tx`delete from ledger_movements where kind = 'sale'`,
  sale_is_the_total: (tx) => tx`update ledger_entries set amount = amount - 1 where account = 'customers'`,
  fee_is_its_entries: (tx) => tx`update order_items set fee_amount = fee_amount + 1`,
  share_is_its_entries: (tx) => tx`update order_item_shares set held_at = now()`,
  refund_is_in_the_ledger: (tx) => tx`
    insert into refunds (order_id, amount, currency, reason, status, stripe_refund_id, created_at)
    values (${oneOrder(tx)}, 100, 'usd', 'other', 'succeeded', ${`re_${randomUUID()}`}, now())
  `,
  closed_dispute_is_settled: async (tx) => {
    await tx`
      insert into disputes (stripe_dispute_id, order_id, amount, currency, reason, status, opened_at, outcome, closed_at)
      values ('dp_1', ${oneOrder(tx)}, 100, 'usd', 'general', 'won', now(), 'won', now())
    `
    await tx`update ledger_entries set account = 'disputed' where account = 'customers'`
  },
  completed_has_its_licenses: (tx) => tx`
    update orders set status = 'completed', completed_at = now() where id = ${oneOrder(tx)}
  `,
}

test.each(Object.keys(rules))('notices when it is broken that %s', async (rule) => {
  expect(await breachesAfter(breakings[rule]!)).toContain(rule)
  await expectSound(sql)
})

test('rings the alarm once a rule is broken, and says by what', async () => {
  expect((await captureLog(() => checkMoney(sql))).text).toBe('')

  const breaking = sql.begin(async (tx) => {
    await tx`update balances set available = available + 1`
    const { log } = await captureLog(() => checkMoney(tx))
    const breaches = [{ rule: 'balance_is_its_entries', subject: expect.stringContaining('usd') }]
    expect(log).toMatchObject([{ money_breaches: 1, breaches }])
    throw new Undo()
  })
  await expect(breaking).rejects.toThrow(Undo)
})
