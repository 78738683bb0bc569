import fc from 'fast-check'
import { presets } from '../../../lib/products/presets.ts'
import { type Offer, planTiers } from '../../../lib/products/tiers.ts'

const offer = fc
  .record({
    name: fc.constantFrom('a', 'b', 'c'),
    price_amount: fc.constantFrom(0, 100),
    is_price_open: fc.boolean(),
    is_exclusive: fc.boolean(),
  })
  .map((fields): Offer => {
    const { terms, contract } = presets.basic_lease
    // As the database gives it back: in another order.
    const shuffled = Object.fromEntries(Object.entries(terms).toReversed()) as typeof terms
    return { ...fields, currency: 'usd', terms: shuffled, contract }
  })
const offers = fc.array(offer, { maxLength: 10 })

test('keeps whatever stays, adds whatever comes, each in its place', () => {
  fc.assert(
    fc.property(offers, offers, (before, wanted) => {
      const present = before.map((tier, at) => ({ ...tier, id: String(at) }))

      const { kept, added } = planTiers(present, wanted)

      const result = wanted.map((_, position) => {
        const same = kept.find((tier) => tier.position === position)
        const { id: _id, ...tier } = same
          ? present[Number(same.id)]!
          : { id: '', ...added.find((tier) => tier.position === position)! }
        const { position: _position, ...rest } = tier as Offer & { position?: number }
        return rest
      })
      expect(result).toEqual(wanted)
      expect(new Set(kept.map(({ id }) => id)).size).toBe(kept.length)
      expect(kept.length + added.length).toBe(wanted.length)
      // As many are kept as could be.
      const count = (list: readonly Offer[]) =>
        Map.groupBy(list, (tier) =>
          JSON.stringify([tier.name, tier.price_amount, tier.is_price_open, tier.is_exclusive]),
        )
      const were = count(before)
      const common = [...count(wanted)].map(([key, list]) =>
        Math.min(list.length, were.get(key)?.length ?? 0),
      )
      expect(kept).toHaveLength(common.reduce((sum, one) => sum + one, 0))
    }),
  )
})
