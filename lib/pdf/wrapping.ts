import { graphemesOf } from './showing.ts'

/** Breaks a paragraph into lines at spaces, and within a word only where it is wider than a line. */
export function wrap(paragraph: string, width: number, measure: (text: string) => number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of paragraph.split(' ').flatMap((word) => breakWord(word, width, measure))) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line === '' || measure(longer) <= width) line = longer
    else {
      lines.push(line)
      line = word
    }
  }
  return [...lines, line]
}

/** Only near the end of a line is the whole measured: else a word of 20,000 letters would be, as often. */
function breakWord(word: string, width: number, measure: (text: string) => number): string[] {
  if (measure(word) <= width) return [word]
  const parts: string[] = []
  let [part, guess] = ['', 0]
  for (const grapheme of graphemesOf(word)) {
    guess += measure(grapheme)
    if (part !== '' && guess > width * near && measure(part + grapheme) > width) {
      parts.push(part)
      part = ''
      guess = measure(grapheme)
    }
    part += grapheme
  }
  return [...parts, part]
}

/** Letters side by side are a little wider or narrower than each by itself. */
const near = 0.8
