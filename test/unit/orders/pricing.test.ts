import { divide } from '../../../lib/orders/pricing.ts'
import { createChance } from '../../support/chance.ts'

it('divides what is charged into fee and shares, with no cent too many or too few', () => {
  const chance = createChance(7)
  for (let round = 0; round < 2_000; round++) {
    const price_amount = chance(2) === 0 ? chance(100) : chance(100_000_000)
    const discount_amount = chance(price_amount + 1)
    const cuts = Array.from({ length: chance(6) }, () => 1 + chance(9_998)).sort((a, b) => a - b)
    const bounds = [0, ...new Set(cuts), 10_000]
    const splits = bounds
      .slice(1)
      .map((bound, at) => ({ user_id: String(at), split_bps: bound - bounds[at]! }))
    const { fee_amount, shares } = divide({ price_amount, discount_amount }, chance(10_001), splits)
    const earned = shares.reduce((sum, { amount }) => sum + amount, 0)
    expect(fee_amount + earned).toBe(price_amount - discount_amount)
    expect(shares.every(({ amount }) => amount > 0)).toBe(true)
  }
})
