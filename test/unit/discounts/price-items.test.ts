import fc from 'fast-check'
import { type Deduction, type Item, priceItems } from '../../../lib/discounts/apply.ts'

const item = (fields: Partial<Item> = {}): Item => ({
  seller_id: 's1',
  product_id: 'p1',
  price_amount: 1_000,
  is_price_open: false,
  currency: 'usd',
  ...fields,
})

const deduction = (fields: Partial<Deduction> = {}): Deduction => ({
  id: 'd1',
  seller_id: 's1',
  percent_bps: 1_000,
  amount: null,
  currency: null,
  product_ids: null,
  min_amount: 0,
  revision: 1,
  ...fields,
})

const fixed = (amount: number, fields: Partial<Deduction> = {}) =>
  deduction({ percent_bps: null, amount, currency: 'usd', ...fields })

const off = (items: readonly Item[], discounts: readonly Deduction[]) =>
  priceItems(items, discounts).map(({ discount_amount }) => discount_amount)

test('takes a part of each item of its seller', () => {
  const items = [item(), item({ product_id: 'p2', price_amount: 500 }), item({ seller_id: 's2' })]

  expect(priceItems(items, [deduction()])).toEqual([
    { discount_id: 'd1', discount_amount: 100 },
    { discount_id: 'd1', discount_amount: 50 },
    { discount_id: null, discount_amount: 0 },
  ])
})

test('divides an amount by the prices, and takes no more than they are', () => {
  const items = [item({ price_amount: 1 }), item({ price_amount: 2 })]

  expect(off([item(), item(), item()], [fixed(100)])).toEqual([34, 33, 33])
  expect(off(items, [fixed(100)])).toEqual([1, 2])
})

test('takes of each seller what their own code of the same name takes', () => {
  const items = [item(), item({ seller_id: 's2' })]
  const discounts = [deduction(), deduction({ id: 'd2', seller_id: 's2', percent_bps: 10_000 })]

  expect(priceItems(items, discounts)).toEqual([
    { discount_id: 'd1', discount_amount: 100 },
    { discount_id: 'd2', discount_amount: 1_000 },
  ])
})

test('is for the products that it names, from the amount that they must come to', () => {
  const items = [item(), item({ product_id: 'p2' })]

  expect(off(items, [deduction({ product_ids: ['p2'], min_amount: 1_000 })])).toEqual([0, 100])
  expect(off(items, [deduction({ min_amount: 2_000 })])).toEqual([100, 100])
})

test.each([
  { name: 'another seller', discount: deduction({ seller_id: 's2' }) },
  { name: 'other products', discount: deduction({ product_ids: ['p2'] }) },
  { name: 'more than was ordered', discount: deduction({ min_amount: 1_001 }) },
  { name: 'another currency', discount: fixed(100, { currency: 'eur' }) },
  {
    name: 'a part that comes to nothing',
    discount: deduction({ percent_bps: 1 }),
    items: [item({ price_amount: 50 })],
  },
  {
    name: 'a price that the buyer names',
    discount: deduction(),
    items: [item({ is_price_open: true })],
  },
  { name: 'what is free', discount: deduction(), items: [item({ price_amount: 0 })] },
])('refuses one for $name', ({ discount, items = [item()] }) => {
  expect(() => off(items, [discount])).toThrow(expect.objectContaining({ code: 'discount_unavailable' }))
})

test('never takes more of an item than it costs, nor more or less in all than was given', () => {
  const prices = fc.array(fc.integer({ min: 1, max: 99_999_999 }), { minLength: 1, maxLength: 30 })
  const discounts = fc.oneof(
    fc.integer({ min: 1, max: 10_000 }).map((percent_bps) => deduction({ percent_bps })),
    fc.integer({ min: 1, max: 99_999_999 }).map((amount) => fixed(amount)),
  )
  fc.assert(
    fc.property(prices, discounts, (prices, discount) => {
      const subtotal = prices.reduce((sum, price) => sum + price, 0)
      const exact =
        discount.percent_bps === null
          ? Math.min(discount.amount!, subtotal)
          : (subtotal * discount.percent_bps) / 10_000
      fc.pre(exact >= 1)

      const parts = off(
        prices.map((price_amount) => item({ price_amount })),
        [discount],
      )

      expect(parts.every((part, at) => Number.isInteger(part) && part >= 0 && part <= prices[at]!)).toBe(true)
      expect(Math.abs(parts.reduce((sum, part) => sum + part, 0) - exact)).toBeLessThanOrEqual(0.5)
    }),
  )
})
