import { randomUUID } from 'node:crypto'
import type { Transaction } from '../../../lib/db/client.ts'
import { useDatabase } from '../../support/database.ts'
import { expectSound, paySeeded, seedOrder } from '../../support/ledger.ts'
import { seedActor } from '../../support/tracks.ts'

const { sql } = useDatabase()

beforeAll(async () => {
  const [buyer, seller] = [await seedActor(sql), await seedActor(sql)]
  await paySeeded(sql, await seedOrder(sql, buyer.id, [{ seller_id: seller.id, due: 10_000 }]))
})

afterEach(() => expectSound(sql))

const kept = 'The ledger is only ever added to'

test.each([
  {
    name: 'an entry to be changed',
    change: (tx: Transaction) => tx`update ledger_entries set amount = amount + 1`,
  },
  {
    name: 'an entry to go',
    change: (tx: Transaction) => tx`delete from ledger_entries where account = 'platform'`,
  },
  {
    name: 'a movement to be changed',
    change: (tx: Transaction) => tx`update ledger_movements set at = now()`,
  },
  { name: 'a movement to go', change: (tx: Transaction) => tx`delete from ledger_movements` },
  { name: 'its entries to be emptied', change: (tx: Transaction) => tx`truncate ledger_entries` },
  { name: 'itself to be emptied', change: (tx: Transaction) => tx`truncate ledger_movements cascade` },
])('does not allow $name', async ({ change }) => {
  await expect(sql.begin((tx) => change(tx))).rejects.toThrow(kept)
})

interface Given {
  readonly name: string
  readonly entries: readonly {
    readonly account: string
    readonly amount: number
    readonly currency: string
  }[]
}

const unbalanced: readonly Given[] = [
  { name: 'has one side only', entries: [{ account: 'platform', amount: 1, currency: 'usd' }] },
  {
    name: 'is a cent off',
    entries: [
      { account: 'customers', amount: -100, currency: 'usd' },
      { account: 'platform', amount: 101, currency: 'usd' },
    ],
  },
  {
    name: 'balances over two currencies only',
    entries: [
      { account: 'customers', amount: -100, currency: 'usd' },
      { account: 'platform', amount: 100, currency: 'eur' },
    ],
  },
]

test.each(unbalanced)('refuses a movement that $name, when its transaction ends', async ({ entries }) => {
  const adding = sql.begin(async (tx) => {
    const movement_id = await addMovement(tx)
    for (const entry of entries) await tx`insert into ledger_entries ${tx({ movement_id, ...entry })}`
  })
  await expect(adding).rejects.toThrow('must come to nothing')
})

test('refuses entries that are added to a movement later', async () => {
  const adding = sql`
    insert into ledger_entries (movement_id, account, amount, currency)
    select id, 'platform', 1, 'usd' from ledger_movements limit 1
  `
  await expect(adding).rejects.toThrow('must come to nothing')
})

test.each([
  { name: 'an amount of nothing', entry: { account: 'platform', amount: 0, currency: 'usd' } },
  { name: 'an account that there is not', entry: { account: 'pocket', amount: 1, currency: 'usd' } },
  { name: 'what is owed to nobody', entry: { account: 'available', amount: 1, currency: 'usd' } },
  { name: 'a currency that is none', entry: { account: 'platform', amount: 1, currency: 'USD' } },
])('refuses $name', async ({ entry }) => {
  const adding = sql.begin(async (tx) => {
    const movement_id = await addMovement(tx)
    await tx`insert into ledger_entries ${tx({ movement_id, ...entry })}`
  })
  await expect(adding).rejects.toMatchObject({ code: '23514' })
})

test('knows the same movement but once', async () => {
  await expect(
    sql.begin(async (tx) => {
      const external_id = `sale:${randomUUID()}`
      await addMovement(tx, external_id)
      await addMovement(tx, external_id)
    }),
  ).rejects.toMatchObject({ code: '23505' })
})

async function addMovement(tx: Transaction, external_id = `sale:${randomUUID()}`): Promise<string> {
  const [row] = await tx<[{ id: string }]>`
    insert into ledger_movements ${tx({ external_id, kind: 'sale', at: new Date() })} returning id
  `
  return row.id
}
