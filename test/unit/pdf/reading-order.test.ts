import { isRtl, toReadingOrder } from '../../../lib/pdf/reading-order.ts'

/** As it is read off the page from the left, where whoever draws turns the letters of a piece around. */
const seen = (line: string, isBaseRtl = isRtl(line)) =>
  toReadingOrder(line, isBaseRtl)
    .map(({ text, is_rtl }) => (is_rtl ? [...text].toReversed().join('') : text))
    .join('')

test.each([
  ['Low Tide (live)', 'Low Tide (live)'],
  ['', ''],
  ['שלום עולם', 'םלוע םולש'],
  ['שלום, עולם!', '!םלוע ,םולש'],
  ['(שלום)', '(םולש)'],
  ['DJ שלום עולם here', 'DJ םלוע םולש here'],
  ['שלום Ada Lovelace עולם', 'םלוע Ada Lovelace םולש'],
  ['שלום 2026 עולם', 'םלוע 2026 םולש'],
  ['מחיר: $29.99 בלבד', 'דבלב $29.99 :ריחמ'],
  ['עד 50% הנחה', 'החנה 50% דע'],
  ['Track "שלום" by Ada', 'Track "םולש" by Ada'],
  ['مرحبا 12/2026', '12/2026 ابحرم'],
])('%j is seen as %j', (line, order) => {
  expect(seen(line)).toBe(order)
})

test('a line between two of a text from right to left stands as that text does', () => {
  expect(seen('Ada Lovelace', true)).toBe('Ada Lovelace')
  expect(seen('Ada, שלום', true)).toBe('םולש ,Ada')
})

test('nothing is lost and nothing comes twice', () => {
  const line = 'שלום Ada, 1,000.50 € (بيت) «עולם» — ✓ é 👩🏽‍🎤'
  const letters = (text: string) => [...text.replaceAll(/[()«»]/g, '')].toSorted().join('')
  expect(letters(seen(line))).toBe(letters(line))
})
