import fc from 'fast-check'
import { allocate } from '../../../lib/money/allocate.ts'
import { formatAmount, mostAmount, toDecimal } from '../../../lib/money/currencies.ts'

const amount = fc.integer({ min: 0, max: mostAmount })
const weights = fc
  .array(fc.integer({ min: 0, max: mostAmount }), { minLength: 1, maxLength: 30 })
  .filter((all) => all.some((weight) => weight > 0))
const sum = (all: readonly number[]) => all.reduce((total, one) => total + one, 0)

test.each([
  [100, [1, 1, 1], [34, 33, 33]],
  [1, [5_000, 5_000], [1, 0]],
  [2, [9_999, 1], [2, 0]],
  [5, [0, 10_000], [0, 5]],
  [0, [0, 0], [0, 0]],
])('%p by %p is %p', (total, by, parts) => {
  expect(allocate(total, by)).toEqual(parts)
})

test('no unit appears or vanishes, and nobody is a whole unit away from their quota', () => {
  fc.assert(
    fc.property(amount, weights, (total, by) => {
      const parts = allocate(total, by)
      expect(sum(parts)).toBe(total)
      const whole = sum(by)
      for (const [at, part] of parts.entries()) {
        expect(Math.abs(part - (total * by[at]!) / whole)).toBeLessThan(1.000_001)
      }
    }),
  )
})

test('what is taken back bit by bit, each time by what is left, is never more than there is and at last all of it', () => {
  fc.assert(
    fc.property(
      amount,
      weights,
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 }),
      (total, by, bits) => {
        let left = allocate(total, by)
        for (const bit of [...bits, 1]) {
          const back = allocate(Math.floor(sum(left) * bit), left)
          left = left.map((part, at) => part - back[at]!)
          expect(left.every((part) => part >= 0)).toBe(true)
        }
        expect(left.every((part) => part === 0)).toBe(true)
      },
    ),
  )
})

test('an amount needs somebody to go to, and is not negative', () => {
  expect(() => allocate(1, [0])).toThrow(RangeError)
  expect(() => allocate(-1, [1])).toThrow(RangeError)
  expect(() => allocate(1, [-1, 2])).toThrow(RangeError)
})

test('amounts are shown in the digits of their currency', () => {
  expect(formatAmount(1_050, 'eur')).toBe('€10.50')
  expect(formatAmount(1_050, 'jpy')).toBe('¥1,050')
  expect(toDecimal(-5, 'usd')).toBe('-0.05')
  expect(toDecimal(1_000, 'krw')).toBe('1000')
})
