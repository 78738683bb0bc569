import { type Described, findDifferences } from '../../../lib/tracks/differences.ts'

const silent: Described['detected'] = {
  bpm: null,
  bpm_confidence: null,
  musical_key: null,
  musical_key_confidence: null,
  title: null,
  artist: null,
  album: null,
  album_artist: null,
  genre: null,
  year: null,
  track_number: null,
  isrc: null,
  copyright: null,
  label: null,
}

type Changes = Partial<Omit<Described, 'detected'>>

function compare(said: Changes, detected: Partial<Described['detected']>) {
  const track: Described = {
    title: 'Low Tide',
    artists: [],
    genre: null,
    bpm: null,
    musical_key: null,
    is_custom_bpm: said.bpm !== undefined,
    is_custom_musical_key: said.musical_key !== undefined,
    isrc: null,
    c_line: null,
    duration_ms: 180_000,
    claimed_ms: null,
    heard_ms: null,
    ...said,
    detected: { ...silent, ...detected },
  }
  return findDifferences(track)
}

const one = (said: Changes, detected: Partial<Described['detected']>) => compare(said, detected)[0]

test.each([
  { declared: 140, detected: 70, note: 'half_time' },
  { declared: 140, detected: 70.9, note: 'half_time' },
  { declared: 70, detected: 140, note: 'double_time' },
  { declared: 120, detected: 97, note: null },
])('a tempo of $declared is told from $detected: $note', ({ declared, detected, note }) => {
  const heard = { bpm: detected, bpm_confidence: 0.8 }
  expect(one({ bpm: declared }, heard)).toEqual({ field: 'bpm', declared, detected, note, confidence: 0.8 })
})

test.each([
  { declared: 'A minor', detected: 'C', note: 'relative' },
  { declared: 'C', detected: 'Am', note: 'relative' },
  { declared: 'F#m', detected: 'Gbm', note: 'enharmonic' },
  { declared: 'C', detected: 'Cm', note: 'parallel' },
  { declared: 'C', detected: 'G', note: 'fifth' },
  { declared: 'Bb major', detected: '8A', note: null },
  { declared: '8B', detected: 'Am', note: 'relative' },
  { declared: 'C', detected: 'F#', note: null },
])('a key of $declared is told from $detected: $note', ({ declared, detected, note }) => {
  expect(one({ musical_key: declared }, { musical_key: detected })).toEqual({
    ...{ field: 'musical_key', declared, detected },
    ...{ note, confidence: null },
  })
})

test.each([
  { name: 'a tempo that is nearly the same', said: { bpm: 140 }, detected: { bpm: 139.6 } },
  { name: 'a key in the numbers of DJs', said: { musical_key: 'Am' }, detected: { musical_key: '8A' } },
  { name: 'a key in other words', said: { musical_key: 'B♭ major' }, detected: { musical_key: 'Bb' } },
  {
    name: 'what nobody said',
    said: {},
    detected: { bpm: 70, musical_key: 'C', genre: 'Dub', isrc: 'GBAYE0601498' },
  },
  {
    name: 'a title of other capitals and accents',
    said: { title: 'LÓW tide!' },
    detected: { title: 'Low Tide' },
  },
  {
    name: 'one artist among several',
    said: {
      artists: [
        { name: 'Ada North', role: 'main' },
        { name: 'Bo', role: 'remixer' },
      ],
    },
    detected: { artist: 'Ada North feat. Bo' },
  },
  { name: 'a length within two seconds', said: { claimed_ms: 181_500 }, detected: {} },
])('$name is no difference', ({ said, detected }) => {
  expect(compare(said, detected)).toEqual([])
})

test('a file that is shorter than its head claims is told from what was heard', () => {
  expect(one({ duration_ms: 180_000, heard_ms: 92_000 }, {})).toMatchObject({
    ...{ field: 'duration_ms', declared: 180_000, detected: 92_000 },
  })
  expect(compare({ duration_ms: 180_000, claimed_ms: 180_500, heard_ms: 180_020 }, {})).toEqual([])
})

test('titles, artists, codes and lengths are held against those of the file', () => {
  const said = {
    artists: [{ name: 'Ada North', role: 'main' }],
    genre: 'House',
    isrc: 'GBAYE0601498',
    c_line: '2026 Shores',
    claimed_ms: 90_000,
  }
  const detected = {
    ...{ title: 'High Tide', artist: 'Bo South', genre: 'Dub' },
    ...{ isrc: 'GBAYE0601499', copyright: '2025 Somebody' },
  }
  expect(compare(said, detected).map(({ field }) => field)).toEqual([
    ...['title', 'artists', 'genre', 'isrc', 'c_line', 'duration_ms'],
  ])
})

test('a key that the wheel of DJs knows by number is that of its letters, all the way around', () => {
  const majors = ['B', 'F#', 'Db', 'Ab', 'Eb', 'Bb', 'F', 'C', 'G', 'D', 'A', 'E']
  const minors = ['Abm', 'Ebm', 'Bbm', 'Fm', 'Cm', 'Gm', 'Dm', 'Am', 'Em', 'Bm', 'F#m', 'Dbm']
  for (const [at, key] of majors.entries()) {
    expect(compare({ musical_key: `${at + 1}B` }, { musical_key: key })).toEqual([])
    expect(compare({ musical_key: `${at + 1}A` }, { musical_key: minors[at]! })).toEqual([])
  }
})
