import { toShowable } from '../../../lib/pdf/showing.ts'
import { wrap } from '../../../lib/pdf/wrapping.ts'

const measure = (text: string) => [...text].length

test.each([
  ['short', 10, ['short']],
  ['', 10, ['']],
  ['one two three', 7, ['one two', 'three']],
  ['one two three', 3, ['one', 'two', 'thr', 'ee']],
  ['abcdefghij', 4, ['abcd', 'efgh', 'ij']],
  ['a  b', 10, ['a  b']],
])('%j on lines of %d is %j', (text, width, lines) => {
  expect(wrap(text, width, measure)).toEqual(lines)
})

test('no line is wider than there is room, unless a single letter is', () => {
  const text = `${'x'.repeat(500)} word ${'é'.repeat(300)} and more words`
  for (const line of wrap(text, 17, measure)) expect(measure(line)).toBeLessThanOrEqual(17)
  expect(wrap('abc', 0, measure)).toEqual(['a', 'b', 'c'])
})

const hasLatin = (codePoint: number) => codePoint < 0x250

test.each([
  ['Ben Söderström', 'Ben Söderström'],
  ['e\u0301', 'é'],
  ['山田 Yamada', '□□ Yamada'],
  ['👩🏽‍🎤', '□'],
  ['a\u200db', 'ab'],
  ['one\ttwo', 'one    two'],
  ['one\ntwo', 'one\ntwo'],
  ['a\u0000b', 'ab'],
])('%j is shown as %j', (text, shown) => {
  expect(toShowable(text, hasLatin)).toBe(shown)
})
