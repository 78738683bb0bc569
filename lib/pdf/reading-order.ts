/** A piece of a line that is drawn from one end to the other. */
export interface Piece {
  readonly text: string
  readonly is_rtl: boolean
}

const rtl = /^[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u
/** With the signs that belong to it: `$29.99`, `50%`. */
const number = /^[\p{Sc}+-]?\p{Nd}/u
const strong = /^\p{L}/u

export const isRtl = (text: string): boolean => {
  const first = [...text].find((letter) => rtl.test(letter) || strong.test(letter))
  return first !== undefined && rtl.test(first)
}

/**
 * The pieces of a line from left to right, after the rules of Unicode's UAX #9 that matter without embeddings: what is
 * written from right to left stands in that order, numbers and other scripts within it in their own. Whoever draws a
 * piece from right to left turns its letters around, so its words are apart here.
 */
export function toReadingOrder(line: string, isBaseRtl: boolean): Piece[] {
  const tokens =
    line.match(/[\p{Sc}+-]?\p{Nd}+(?:[.,:/]\p{Nd}+)*[%\p{Sc}]?|\p{L}[\p{L}\p{M}\p{Cf}]*|[^\p{L}\p{Nd}]/gu) ??
    []
  const levels = resolve(tokens, isBaseRtl ? 1 : 0)
  const pieces = merge(tokens.map((text, at) => ({ text, level: levels[at]! })))
  const ordered = reverseRuns(reverseRuns(pieces, 2), 1)
  return ordered.map(({ text, level }) => ({ text: level === 1 ? mirror(text) : text, is_rtl: level === 1 }))
}

interface Levelled {
  readonly text: string
  readonly level: number
}

/** 0 from left to right, 1 from right to left, 2 from left to right within that. */
function resolve(tokens: readonly string[], base: number): number[] {
  const ltr = base === 1 ? 2 : 0
  let before = base
  const known = tokens.map((token) => {
    if (rtl.test(token)) {
      before = 1
      return 1
    }
    if (number.test(token)) return before === 1 ? 2 : 0
    if (!strong.test(token)) return undefined
    before = 0
    return ltr
  })
  // What has no direction goes with its neighbours where they agree; a number within the other script is one of it.
  const side = (level: number | undefined, token: string | undefined) =>
    level === undefined || token === undefined ? base : number.test(token) && level === 2 ? 1 : level % 2
  return known.map((level, at) => {
    if (level !== undefined) return level
    const left = known.findLastIndex((one, index) => index < at && one !== undefined)
    const right = known.findIndex((one, index) => index > at && one !== undefined)
    const [from, to] = [side(known[left], tokens[left]), side(known[right], tokens[right])]
    if (from !== to) return base
    return from === 1 ? 1 : ltr
  })
}

/** Neighbours of one level are one piece; from right to left each word and each space is one of its own. */
function merge(tokens: readonly Levelled[]): Levelled[] {
  const pieces: Levelled[] = []
  for (const token of tokens) {
    const last = pieces.at(-1)
    const isApart = token.level === 1 && (token.text === ' ' || last?.text.endsWith(' '))
    if (last?.level === token.level && !isApart) {
      pieces[pieces.length - 1] = { text: last.text + token.text, level: token.level }
    } else pieces.push(token)
  }
  return pieces
}

function reverseRuns(pieces: readonly Levelled[], level: number): Levelled[] {
  const result: Levelled[] = []
  let run: Levelled[] = []
  for (const piece of pieces) {
    if (piece.level >= level) run.push(piece)
    else {
      result.push(...run.toReversed(), piece)
      run = []
    }
  }
  return [...result, ...run.toReversed()]
}

const mirrored: Readonly<Record<string, string>> = {
  '(': ')',
  ')': '(',
  '[': ']',
  ']': '[',
  '<': '>',
  '>': '<',
  '«': '»',
  '»': '«',
}
const mirror = (text: string) => text.replaceAll(/[()[\]<>«»]/g, (sign) => mirrored[sign]!)
