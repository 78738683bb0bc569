import { type Chance, createChance } from './chance.ts'

const onsets = [
  'b',
  'br',
  'c',
  'd',
  'dr',
  'f',
  'g',
  'h',
  'j',
  'k',
  'l',
  'm',
  'n',
  'p',
  'r',
  's',
  'st',
  't',
  'v',
  'z',
]
const vowels = ['a', 'e', 'i', 'o', 'u', 'é', 'ö', 'ai', 'ou', 'ø', 'ã']
const codas = ['', '', 'n', 'r', 's', 'l', 'm', 'nd', 'x']
/** The ones that every library is full of. */
const common = [
  'love',
  'night',
  'the',
  'you',
  'remix',
  'of',
  'dream',
  'blue',
  'summer',
  'heart',
  'dance',
  'rain',
  'sun',
]
const others = [
  '東京の夜',
  '愛してる',
  'حبيبي',
  'אהבה',
  'любовь',
  'ночь',
  'サクラ',
  '서울의밤',
  'สวัสดี',
  '🌊🌊',
  'नमस्ते',
]

export const genres = [
  'house',
  'techno',
  'hip hop',
  'ambient',
  'drum & bass',
  'jazz',
  'lo-fi',
  'rock',
  'pop',
  'folk',
  'trance',
  'dub',
  'garage',
  'soul',
  'funk',
  'classical',
  'metal',
  'punk',
  'reggae',
  'synthwave',
]

export const keys = [
  'C',
  'Cm',
  'C#m',
  'D',
  'Dm',
  'Eb',
  'E',
  'Em',
  'F',
  'F#m',
  'G',
  'Gm',
  'Ab',
  'A',
  'Am',
  'Bb',
  'Bm',
  '8A',
]

const vocabulary = makeVocabulary(30_000)

function makeVocabulary(size: number): string[] {
  const chance = createChance(7)
  const words = new Set(common)
  while (words.size < size) {
    const syllables = 1 + chance.below(3)
    let word = ''
    for (let at = 0; at < syllables; at++) word += chance.pick(onsets) + chance.pick(vowels)
    words.add(word + chance.pick(codas))
  }
  return [...words]
}

export const wordOf = (chance: Chance) => vocabulary[chance.skewed(vocabulary.length)]!

export function phraseOf(chance: Chance, most: number): string {
  const length = 1 + chance.below(most)
  return Array.from({ length }, () => wordOf(chance)).join(' ')
}

export function titleOf(chance: Chance): string {
  if (chance.next() < 0.03) return `${chance.pick(others)} ${wordOf(chance)}`
  const title = phraseOf(chance, 4)
  return title[0]!.toUpperCase() + title.slice(1)
}

/** The most frequent first. */
export const wordsByRank = (rank: number) => vocabulary[rank]!
