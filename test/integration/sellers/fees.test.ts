import { feeOf } from '../../../lib/sellers/fees.ts'
import { useDatabase } from '../../support/database.ts'
import { seedActor } from '../../support/tracks.ts'

const { sql } = useDatabase()

test('takes the fee that was agreed on with a seller, else the usual one', async () => {
  const [usual, special, free, stranger] = [
    await seedActor(sql),
    await seedActor(sql),
    await seedActor(sql),
    await seedActor(sql),
  ]
  for (const [user_id, fee_bps] of [
    [usual.id, null],
    [special.id, 500],
    [free.id, 0],
  ] as const) {
    await sql`insert into sellers ${sql({ user_id, fee_bps, created_at: new Date(), updated_at: new Date() })}`
  }

  const fees = await feeOf(sql, [usual.id, special.id, free.id, stranger.id], 1_000)

  expect(Object.fromEntries(fees)).toEqual({
    [usual.id]: 1_000,
    [special.id]: 500,
    [free.id]: 0,
    [stranger.id]: 1_000,
  })
})
