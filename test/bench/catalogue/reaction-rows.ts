import { createChance } from './chance.ts'
import { type Library, makeId, present, scatter, sharesOf, userId, versionId } from './library.ts'
import type { Load } from './load.ts'

/** So many likes as a hit of that place gets: the sum of all is about ten a track. */
function* likes({ scale, ownerOf, isApart, trackId, createdAt }: Library) {
  const shares = sharesOf(scale.likes, scale.tracks, 0.8, scale.users)
  let made = 0
  for (let track = 0; track < scale.tracks; track++) {
    const first = scatter(track, scale.users)
    const id = trackId(track)
    const from = createdAt(track)
    for (let at = 0; at < shares[track]!; at++) {
      const user = (first + at) % scale.users
      if (isApart(user, ownerOf(track))) continue
      const time = from + Math.floor(((present - from) * at) / shares[track]!)
      yield [makeId('like', made++, time), id, userId(user)]
    }
  }
}

function* reposts({ scale, ownerOf, isPublic, isApart, trackId, createdAt }: Library) {
  const shares = sharesOf(scale.tracks, scale.tracks, 0.6, scale.users)
  let made = 0
  for (let track = 0; track < scale.tracks; track++) {
    if (!isPublic(track)) continue
    const first = scatter(track + 7, scale.users)
    const from = createdAt(track)
    for (let at = 0; at < shares[track]!; at++) {
      const user = (first + at) % scale.users
      if (user === ownerOf(track) || isApart(user, ownerOf(track))) continue
      const time = new Date(from + Math.floor(((present - from) * (at + 1)) / (shares[track]! + 1)))
      yield [makeId('repost', made++, time.getTime()), trackId(track), userId(user), time]
    }
  }
}

interface Listening {
  readonly user: number
  readonly track: number
  readonly at: number
}

const longAgo = 364 * 86_400_000

/** What each user has played in the last year, each track once. */
function* listenings(library: Library): Generator<Listening> {
  const chance = createChance(8)
  for (let user = 0; user < library.scale.users; user++) {
    const count = library.isViewer(user) ? 200 : chance.below(20)
    const tracks = new Set(Array.from({ length: count }, () => library.pickTrack(chance)))
    for (const track of tracks) yield { user, track, at: present - chance.below(longAgo) }
  }
}

function* plays(library: Library) {
  let made = 0
  for (const { user, track, at } of listenings(library)) {
    const listened = library.durationOf(track)
    const issued = at - 1_000
    yield [
      makeId('play', made++, issued),
      new Date(issued),
      library.trackId(track),
      versionId(track),
      userId(user),
      new Date(at),
      listened,
      true,
      true,
    ]
  }
}

function* history(library: Library) {
  for (const { user, track, at } of listenings(library))
    yield [userId(user), library.trackId(track), new Date(at)]
}

export const reactionLoads = (library: Library): readonly Load[] => [
  {
    table: 'track_likes',
    columns: ['id', 'track_id', 'user_id'],
    count: library.scale.likes,
    rows: likes(library),
  },
  {
    table: 'reposts',
    columns: ['id', 'track_id', 'user_id', 'created_at'],
    count: library.scale.tracks,
    rows: reposts(library),
  },
  {
    table: 'plays',
    columns: [
      'id',
      'issued_at',
      'track_id',
      'version_id',
      'user_id',
      'started_at',
      'listened_ms',
      'is_complete',
      'is_counted',
    ],
    count: library.scale.users * 9,
    rows: plays(library),
  },
  {
    table: 'listening_history',
    columns: ['user_id', 'track_id', 'last_played_at'],
    count: library.scale.users * 9,
    rows: history(library),
  },
]
