import fc from 'fast-check'
import { useDatabase } from '../../support/database.ts'
import { expectSound } from '../../support/ledger.ts'
import { course, enter } from '../../support/ledger-model.ts'

const { sql } = useDatabase()

test('no unit of money appears or vanishes, whatever becomes of an order', async () => {
  await fc.assert(
    fc.asyncProperty(course, async (given) => {
      const { pay, step, end } = await enter(sql, given)
      await pay()
      await expectSound(sql)
      for (const one of given.steps) {
        await step(one)
        await expectSound(sql)
      }

      const { paid, owed, customers, refunded_amount, total, givenBack } = await end()
      await expectSound(sql)
      expect(refunded_amount).toBe(total)
      expect(customers).toBe(givenBack - total)
      expect(owed + paid).toBe(0)
    }),
    { numRuns: 40 },
  )
}, 300_000)
