import fc from 'fast-check'
import { filter, matches } from '../../../lib/webhooks/endpoints/filter.ts'

const order = {
  order: { id: 'o-1', currency: 'usd', total_amount: 2_999, is_gift: false, note: null },
  items: [
    { id: 'i-1', kind: 'track_license', tags: ['lofi', 'night'] },
    { id: 'i-2', kind: 'service', tags: [] },
  ],
}

test.each([
  ['no filter', null, true],
  ['an empty one', {}, true],
  ['equality', { 'order.currency': { equals: 'usd' } }, true],
  ['another value', { 'order.currency': { equals: 'eur' } }, false],
  ['a number', { 'order.total_amount': { equals: 2_999 } }, true],
  ['a number that is spelled', { 'order.total_amount': { equals: '2999' } }, false],
  ['false', { 'order.is_gift': { equals: false } }, true],
  ['null', { 'order.note': { equals: null } }, true],
  ['null of what is not there', { 'order.other': { equals: null } }, false],
  ['one of some', { 'order.currency': { in: ['eur', 'usd'] } }, true],
  ['none of some', { 'order.currency': { in: ['eur', 'gbp'] } }, false],
  ['what is there', { 'order.id': { exists: true } }, true],
  ['what is null', { 'order.note': { exists: true } }, false],
  ['the absence of what is null', { 'order.note': { exists: false } }, true],
  ['the absence of what is there', { 'order.id': { exists: false } }, false],
  ['what an object never was given', { 'order.constructor': { exists: true } }, false],
  ['one item of a list', { 'items.kind': { equals: 'service' } }, true],
  ['no item of a list', { 'items.kind': { equals: 'merch' } }, false],
  ['a list in a list', { 'items.tags': { equals: 'night' } }, true],
  ['a path through a value', { 'order.id.length': { exists: true } }, false],
  ['an object', { order: { exists: true } }, true],
  ['both of two', { 'order.currency': { equals: 'usd' }, 'items.kind': { equals: 'service' } }, true],
  ['one of two alone', { 'order.currency': { equals: 'usd' }, 'items.kind': { equals: 'x' } }, false],
])('looks at %s', (_, given, isMatch) => {
  expect(given === null || filter.safeParse(given).success).toBe(true)
  expect(matches(given, order)).toBe(isMatch)
})

test.each([
  ['a path with an index', { 'items[0].kind': { equals: 'x' } }],
  ['an empty name', { 'order..id': { equals: 'x' } }],
  ['nine names', { 'a.b.c.d.e.f.g.h.i': { equals: 'x' } }],
  ['another operator', { 'order.id': { matches: '.*' } }],
  ['two operators', { 'order.id': { equals: 'x', exists: true } }],
  ['an object as a value', { 'order.id': { equals: {} } }],
  ['none of none', { 'order.id': { in: [] } }],
  ['too many values', { 'order.id': { in: Array.from({ length: 51 }, (_, n) => n) } }],
  [
    'too many conditions',
    Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`a${n}`, { exists: true }])),
  ],
  [
    'too many bytes',
    Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`a${n}`, { equals: 'x'.repeat(500) }])),
  ],
  ['no object', 'order.id = 1'],
])('takes no %s', (_, given) => {
  expect(filter.safeParse(given).success).toBe(false)
})

const names = fc.constantFrom('a', 'b', 'c')
const scalar = fc.oneof(
  fc.constantFrom('x', 'y'),
  fc.integer({ min: 0, max: 2 }),
  fc.boolean(),
  fc.constant(null),
)
const { data } = fc.letrec((tie) => ({
  data: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(tie('data'), { maxLength: 3 }),
    fc.dictionary(names, tie('data')),
  ),
}))
const path = fc.array(names, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('.'))

test('one of some is equality with any of them, whatever the data', () => {
  fc.assert(
    fc.property(data, path, fc.array(scalar, { minLength: 1, maxLength: 4 }), (value, at, wanted) => {
      const isAny = wanted.some((one) => matches({ [at]: { equals: one } }, value))
      expect(matches({ [at]: { in: wanted } }, value)).toBe(isAny)
    }),
  )
})

test('what is there is not absent, and the other way round', () => {
  fc.assert(
    fc.property(data, path, (value, at) => {
      expect(matches({ [at]: { exists: true } }, value)).toBe(!matches({ [at]: { exists: false } }, value))
    }),
  )
})

test('all conditions must hold', () => {
  fc.assert(
    fc.property(data, path, path, scalar, scalar, (value, one, other, a, b) => {
      fc.pre(one !== other)
      const first = { [one]: { equals: a } }
      const second = { [other]: { equals: b } }
      expect(matches({ ...first, ...second }, value)).toBe(matches(first, value) && matches(second, value))
    }),
  )
})
