const longestText = 500

/** Controls that only serve to make one text look like another, and what PostgreSQL refuses in jsonb. */
const unwanted = /[\p{Cc}\p{Cs}\p{Co}\u200b\u202a-\u202e\u2066-\u2069\ufeff]+/gu

/** More marks on a letter than any script puts there; the rest of them is dropped. */
const heapOfMarks = /(\p{M}{10})\p{M}+/gu

/** One line, composed and bounded; undefined where nothing is left of it. */
export function cleanText(value: unknown): string | undefined {
  if (value === undefined || value === null || typeof value === 'object') return undefined
  const text = repair(String(value).slice(0, 4 * longestText)).toWellFormed()
  const line = text.replaceAll(heapOfMarks, '$1').normalize('NFC').replaceAll(unwanted, ' ')
  const cut = [...line.replaceAll(/\s+/g, ' ').trim()].slice(0, longestText).join('').trim()
  return cut === '' ? undefined : cut
}

/** Many taggers write UTF-8 where the tag says Latin-1; what reads as UTF-8 to its end is hardly anything else. */
function repair(text: string): string {
  if (!/[\x80-\xff]/.test(text) || /[^\0-\xff]/.test(text)) return text
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(text, 'latin1'))
  } catch {
    return text
  }
}

/** Undefined unless it can be true. */
export function cleanNumber(value: unknown, most: number): number | undefined {
  const number = typeof value === 'string' ? Number(value) : value
  const isPossible = typeof number === 'number' && number > 0 && number <= most
  return isPossible ? number : undefined
}
