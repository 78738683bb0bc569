/** Stands for what a font has no picture of. */
export const missing = '□'

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
const showsNothing = /^[\p{Default_Ignorable_Code_Point}\p{Cc}]$/u

export const graphemesOf = (text: string): string[] =>
  Array.from(graphemes.segment(text), ({ segment }) => segment)

/** The text as a font can show it: what it has no picture of is visibly not there, rather than silently. */
export function toShowable(text: string, hasGlyph: (codePoint: number) => boolean): string {
  return graphemesOf(text.normalize('NFC').replaceAll('\t', '    '))
    .map((grapheme) => {
      const shown = [...grapheme].filter((letter) => !showsNothing.test(letter) || letter === '\n')
      return shown.every((letter) => letter === '\n' || hasGlyph(letter.codePointAt(0)!))
        ? shown.join('')
        : missing
    })
    .join('')
}
