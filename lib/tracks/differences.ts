import { readKey, relate } from './musical-keys.ts'
import type { Difference, Track } from './schemas.ts'

/** What is said of a track, and what its file says, as far as both say something. */
export interface Described
  extends Pick<
    Track,
    | 'title'
    | 'artists'
    | 'genre'
    | 'bpm'
    | 'musical_key'
    | 'is_custom_bpm'
    | 'is_custom_musical_key'
    | 'isrc'
    | 'c_line'
  > {
  readonly detected: Track['detected']
  readonly duration_ms: number | null
  /** As the tags of the file have it. */
  readonly claimed_ms: number | null
  /** By whoever decoded all of it. */
  readonly heard_ms: number | null
}

/** Where the word of a person and that of the file are two. Taking the file's is an ordinary change of the track. */
export function findDifferences(track: Described): Difference[] {
  const { detected, artists } = track
  const found = [
    compareTexts('title', track.title, detected.title),
    compareArtists(artists, detected.artist),
    compareTexts('genre', track.genre, detected.genre),
    compareTexts('isrc', track.isrc, detected.isrc),
    compareTexts('c_line', track.c_line, detected.copyright),
    track.is_custom_bpm ? compareTempos(track.bpm, detected) : undefined,
    track.is_custom_musical_key ? compareKeys(track.musical_key, detected) : undefined,
    compareLengths(track),
  ]
  return found.filter((difference) => difference !== undefined)
}

type Compared = Difference | undefined

const differ = (
  field: Difference['field'],
  declared: string | number,
  detected: string | number,
  more: Partial<Pick<Difference, 'note' | 'confidence'>> = {},
): Difference => ({ field, declared, detected, note: null, confidence: null, ...more })

/** Letters and digits alone count. */
const folded = (text: string) =>
  text
    .normalize('NFKD')
    .replaceAll(/[^\p{L}\p{N}]/gu, '')
    .toLowerCase()

function compareTexts(
  field: Difference['field'],
  declared: string | null,
  detected: string | null,
): Compared {
  if (declared === null || detected === null || folded(declared) === folded(detected)) return undefined
  return differ(field, declared, detected)
}

/** Taggers put all of them into one line, or the first one only. */
function compareArtists(artists: Track['artists'], detected: string | null): Compared {
  if (artists.length === 0 || detected === null) return undefined
  const names = artists.map(({ name }) => name)
  const isNamed = names.some((name) => folded(detected).includes(folded(name)))
  return isNamed ? undefined : differ('artists', names.join(', '), detected)
}

/** A tempo by ear is hardly ever more exact. */
const tempoTolerance = 0.015

function compareTempos(declared: number | null, { bpm, bpm_confidence }: Track['detected']): Compared {
  if (declared === null || bpm === null) return undefined
  const isNear = (ratio: number) => Math.abs(bpm / declared / ratio - 1) <= tempoTolerance
  if (isNear(1)) return undefined
  const note = isNear(0.5) ? 'half_time' : isNear(2) ? 'double_time' : null
  return differ('bpm', declared, bpm, { note, confidence: bpm_confidence })
}

function compareKeys(
  declared: string | null,
  { musical_key, musical_key_confidence }: Track['detected'],
): Compared {
  const [one, other] = [declared && readKey(declared), musical_key && readKey(musical_key)]
  if (!declared || !musical_key || !one || !other) return undefined
  const relation = relate(one, other)
  if (relation === 'same') return undefined
  const more = { note: relation ?? null, confidence: musical_key_confidence }
  return differ('musical_key', declared, musical_key, more)
}

const lengthToleranceMs = 2_000

/** Declared by the head of the file and by its tags: no person says how long a track is. */
function compareLengths({ duration_ms, claimed_ms, heard_ms }: Described): Compared {
  const detected = heard_ms ?? duration_ms
  if (detected === null) return undefined
  const isFar = (declared: number | null) =>
    declared !== null && Math.abs(declared - detected) > lengthToleranceMs
  const declared = [duration_ms, claimed_ms].find(isFar)
  return declared === undefined || declared === null ? undefined : differ('duration_ms', declared, detected)
}
