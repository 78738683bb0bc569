import * as z from 'zod/mini'
import { line, prose, statement } from '../../lib/text.ts'

const codesOf = (schema: z.ZodMiniType, text: string) =>
  schema
    .safeParse(text)
    .error?.issues.map((issue) => (issue.code === 'custom' && issue.params?.code) || issue.code)

test.each([
  { name: 'Thai', text: 'ชู้ที่นี่ ปู่ย่า' },
  { name: 'Vietnamese, each letter with two marks of its own', text: 'Tiếng Việt'.normalize('NFD') },
  { name: 'Arabic with vowels and signs of recitation', text: 'ٱلْحَمْدُ لِلَّهِ رَبِّ ٱلْعَٰلَمِينَ ۝' },
  { name: 'Hebrew with vowels and accents', text: 'בְּרֵאשִׁ֖ית בָּרָ֣א אֱלֹהִ֑ים אֵ֥ת הַשָּׁמַ֖יִם' },
  { name: 'Hindi', text: 'क्षत्रिय श्रृंगार' },
  { name: 'a Tibetan stack', text: 'ཧྐྵྨླྺྼྻྂ' },
  { name: 'Persian with joiners', text: 'می‌خواهم' },
  { name: 'families, flags and keycaps', text: '👨‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🏳️‍⚧️ 1️⃣' },
])('takes $name', ({ text }) => {
  for (const schema of [line(200), prose(200), statement(200)]) {
    expect(schema.parse(text)).toBe(text.normalize('NFC'))
  }
})

test.each([
  { name: 'two thousand marks on one letter', text: `a${'\u0301'.repeat(2_000)}` },
  { name: 'eleven', text: `a${'\u0316\u0301'.repeat(5)}\u0316` },
  { name: 'marks that joiners part', text: `a${'\u0301\u200d\u0302\u2060'.repeat(10)}` },
  { name: 'marks on nothing', text: '\u0301'.repeat(11) },
])('refuses $name', ({ text }) => {
  for (const schema of [line(4_000), prose(4_000), statement(4_000)]) {
    expect(codesOf(schema, text)).toContain('too_many_marks')
  }
})

test('lets ten marks stand on one letter', () => {
  expect(codesOf(line(20), `a${'\u0316\u0301'.repeat(5)}`)).toBeUndefined()
})

test.each([
  { name: 'spaces', text: ' \u00a0\u3000 ', code: 'too_small' },
  {
    name: 'zero-width characters',
    text: '\u200b\u200c\u200d\u2060\ufeffx'.slice(0, 4),
    code: 'shows_nothing',
  },
  { name: 'fillers that take room', text: '\u3164\u2800\u115f', code: 'shows_nothing' },
  { name: 'a mark on nothing', text: '\u0301', code: 'shows_nothing' },
  { name: 'directions alone', text: '\u200e\u200f', code: 'shows_nothing' },
])('finds nothing to see in $name', ({ text, code }) => {
  expect(codesOf(statement(10), text)).toEqual([code])
})

test.each(['.', '👍', '❤️', '¿', 'ー', 'א'])('sees %s', (text) => {
  expect(codesOf(statement(10), text)).toBeUndefined()
})

test('counts characters, not the units that a string is stored in', () => {
  expect(codesOf(prose(3), '😀😀😀')).toBeUndefined()
  expect(codesOf(prose(3), '😀😀😀😀')).toEqual(['too_big'])
  expect(codesOf(prose(3), 'e\u0301e\u0301e\u0301')).toBeUndefined()
  expect(z.toJSONSchema(prose(3), { io: 'input' })).toMatchObject({ type: 'string', maxLength: 3 })
})

test.each(['\u202a', '\u202e', '\u2066', '\u2069'])(
  'refuses the control %j, which turns text around',
  (control) => {
    for (const schema of [line(9), prose(9)]) expect(codesOf(schema, `a${control}b`)).toEqual(['custom'])
  },
)

test('keeps lines apart in prose alone', () => {
  expect(prose(9).parse('a\n\tb')).toBe('a\n\tb')
  expect(codesOf(line(9), 'a\nb')).toEqual(['custom'])
})
