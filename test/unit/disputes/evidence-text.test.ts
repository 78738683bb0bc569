import { cutText, joinWithin } from '../../../lib/disputes/evidence-text.ts'

test.each([
  { text: 'short', most: 10, cut: 'short' },
  { text: 'exactly 10', most: 10, cut: 'exactly 10' },
  { text: 'a text that is too long', most: 10, cut: 'a text\n[…]' },
])('$text of $most characters becomes $cut', ({ text, most, cut }) => {
  expect(cutText(text, most)).toBe(cut)
})

test('no character is cut in halves', () => {
  for (let most = 6; most < 20; most++) {
    const text = cutText('💿'.repeat(20), most)
    expect(text.isWellFormed()).toBe(true)
    expect(text.length).toBeLessThanOrEqual(most)
  }
})

test('lines that fit stay as they are', () => {
  expect(joinWithin(['one', 'two'], 7)).toBe('one\ntwo')
})

test('of lines that are too many the first and the last stay, and how many do not is said', () => {
  const lines = Array.from({ length: 5_000 }, (_, n) => `line ${n}`)
  const text = joinWithin(lines, 1_000)
  expect(text.length).toBeLessThanOrEqual(1_000)
  const kept = text.split('\n')
  expect([kept[0], kept.at(-1)]).toEqual(['line 0', 'line 4999'])
  const [, left] = /\[… (\d+) more\]/.exec(text)!
  expect(kept.length - 1 + Number(left)).toBe(5_000)
})

test('a single line that is too long is cut', () => {
  expect(joinWithin(['x'.repeat(5_000)], 1_000).length).toBeLessThanOrEqual(1_000)
})
