import type { CommentRow } from '../../../lib/comments/columns.ts'
import { namesIn, withPresentNames } from '../../../lib/comments/mentions.ts'

test.each([
  { body: '@ada and @ben', names: ['ada', 'ben'] },
  { body: '(@ada), "@ben"! @cy_1.', names: ['ada', 'ben', 'cy_1'] },
  { body: '@Ada @ADA @ada', names: ['ada'] },
  { body: 'lovely.@ada\n@ben', names: ['ada', 'ben'] },
  { body: '给@ada听', names: ['ada'] },
  { body: 'für@ada', names: [] },
  { body: 'ada@ben.example', names: [] },
  { body: '@ada@ben.example', names: [] },
  { body: '@@ada', names: [] },
  { body: '@ab', names: [] },
  { body: `@${'a'.repeat(31)}`, names: [] },
  { body: '@adaé', names: [] },
  { body: '@ ada, @', names: [] },
])('calls $names in $body', ({ body, names }) => {
  expect(namesIn(body)).toEqual(names)
})

test('reads ten thousand signs in no time', () => {
  const start = performance.now()

  expect(namesIn('@'.repeat(10_000))).toEqual([])
  expect(namesIn('@aaa'.repeat(5_000))).toEqual([])
  expect(performance.now() - start).toBeLessThan(500)
})

const row = (body: string, mentions: CommentRow['mentions']) => ({ body, mentions }) as CommentRow

test('puts the present names in place of those that people had', () => {
  const mentions = [
    { id: '1', username: 'countess', written: 'ada' },
    { id: '2', username: 'ben', written: 'ben' },
  ]

  expect(withPresentNames(row('@Ada, @ben, @cy, ada', mentions))).toMatchObject({
    body: '@countess, @ben, @cy, ada',
    mentions: [
      { id: '1', username: 'countess' },
      { id: '2', username: 'ben' },
    ],
  })
})

test('does not name somebody twice who took the name of another', () => {
  const mentions = [
    { id: '1', username: 'ben', written: 'ada' },
    { id: '2', username: 'ada', written: 'ben' },
  ]

  expect(withPresentNames(row('@ada @ben', mentions)).body).toBe('@ben @ada')
})
