import { useDatabase } from '../../support/database.ts'

const { sql } = useDatabase()

const fold = async (text: string) =>
  (await sql<[{ folded: string }]>`select fold(${text}) as folded`)[0].folded

test.each([
  { name: 'accents, composed', from: 'Beyoncé BJÖRK', to: 'beyonce bjork' },
  { name: 'accents, decomposed', from: 'Beyonce\u0301', to: 'beyonce' },
  { name: 'letters that only look accented', from: 'Łódź Øre Þor', to: 'lodz ore thor' },
  { name: 'ligatures', from: 'Œuvre ﬁn Æ', to: 'oeuvre fin ae' },
  { name: 'the sharp s', from: 'STRAẞE straße', to: 'strasse strasse' },
  { name: 'full width', from: 'Ｖｅｚａ', to: 'veza' },
  { name: 'the Turkish i', from: 'İI ıi', to: 'ii ii' },
  { name: 'Cyrillic', from: 'Ёлка Й', to: 'елка и' },
  { name: 'Greek, with either sigma', from: 'ΆΣΣ άσς', to: 'ασσ ασσ' },
  { name: 'vowel points', from: 'مُحَمَّد', to: 'محمد' },
  { name: 'what cannot be seen', from: 'a\u200bb\u00adc\u202ed\ufeffe', to: 'abcde' },
  { name: 'very many marks', from: `z\u0489\u20dd${'\u0316'.repeat(2_000)}x`, to: 'zx' },
])('folds $name', async ({ from, to }) => {
  expect(await fold(from)).toBe(to)
})

test.each(['한글 노래', 'がぎぐ', 'हिन्दी', '😀🎵', "it's 100%_\\", ''])(
  'leaves %j as it is',
  async (text) => {
    expect(await fold(text)).toBe(text.normalize('NFKC'))
  },
)

test('folds what it has folded to the same', async () => {
  for (const text of ['Ångström ﬃ © ½ ①', 'ΐ ŉ ẞ', 'مُحَمَّد 가각']) {
    const folded = await fold(text)
    expect(await fold(folded)).toBe(folded)
  }
})

test('can be indexed', async () => {
  await expect(sql`create index on users (fold(display_name))`).resolves.toBeDefined()
})

test('leaves letters of any script to the trigrams', async () => {
  const [{ trigrams }] = await sql<[{ trigrams: string[] }]>`select show_trgm(fold('Жук')) as trigrams`
  expect(trigrams).toHaveLength(4)
})
