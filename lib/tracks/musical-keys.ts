export interface MusicalKey {
  /** Semitones above C. */
  readonly tonic: number
  readonly isMinor: boolean
  /** As it is written; undefined where a DJ's number stands for it. */
  readonly letter: string | undefined
}

const letters: Readonly<Record<string, number>> = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 }
const signs: Readonly<Record<string, number>> = { '#': 1, '♯': 1, b: -1, '♭': -1 }

/** As musicians write it, or as DJs do; undefined where it is neither. */
export function readKey(text: string): MusicalKey | undefined {
  const number = /^(1[0-2]|[1-9])([AB])$/.exec(text)
  if (number) return readWheel(Number(number[1]), number[2] === 'A')
  const [, letter, sign = '', mode = ''] = /^([A-G])([#b♯♭]?) ?(m|min|maj|minor|major)?$/.exec(text) ?? []
  if (!letter) return undefined
  const shift = signs[sign] ?? 0
  const tonic = (letters[letter]! + shift + 12) % 12
  return { tonic, isMinor: /^m(in|inor)?$/.test(mode), letter: `${letter}${shift}` }
}

/** Around the wheel each step is a fifth; 8B is C major, and 8A its relative minor. */
function readWheel(hour: number, isMinor: boolean): MusicalKey {
  const major = (7 * (hour - 8) + 84) % 12
  return { tonic: isMinor ? (major + 9) % 12 : major, isMinor, letter: undefined }
}

export type KeyRelation = 'enharmonic' | 'relative' | 'parallel' | 'fifth'

/** How two keys go together; `same` where they are one, and undefined where they have nothing to do with each other. */
export function relate(one: MusicalKey, other: MusicalKey): KeyRelation | 'same' | undefined {
  const distance = (other.tonic - one.tonic + 12) % 12
  if (one.isMinor !== other.isMinor) {
    if (distance === 0) return 'parallel'
    return distance === (one.isMinor ? 3 : 9) ? 'relative' : undefined
  }
  if (distance === 5 || distance === 7) return 'fifth'
  if (distance !== 0) return undefined
  const isSpelledAlike = !one.letter || !other.letter || one.letter === other.letter
  return isSpelledAlike ? 'same' : 'enharmonic'
}
