import * as fc from 'fast-check'
import { canonicalJson } from '../../../lib/licenses/canonical-json.ts'

test('what RFC 8785 shows comes out as it says', () => {
  const value = {
    numbers: [333333333.3333333, 1e30, 4.5, 0.002, 1e-27],
    string: '€$\u000f\nA\'B"\\\\"/',
    literals: [null, true, false],
  }

  expect(canonicalJson(value)).toBe(
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  )
})

test('members stand in the order of their UTF-16 units, as RFC 8785 sorts them', () => {
  const names = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6']
  const value = Object.fromEntries(names.map((name) => [name, 0]))

  expect(canonicalJson(value)).toBe('{"\\r":0,"1":0,"\u0080":0,"ö":0,"€":0,"😀":0,"\ufb33":0}')
})

const shuffled = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(shuffled)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, member]) => [name, shuffled(member)]),
  )
}

test('the order of members never matters, and nothing is lost', async () => {
  await fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value as string)
      expect(canonicalJson(shuffled(value) as string)).toBe(text)
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})
