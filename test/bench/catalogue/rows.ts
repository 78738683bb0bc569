import { createChance, idOf } from './chance.ts'
import type { Load } from './load.ts'
import { genres, keys, phraseOf, titleOf, wordOf } from './words.ts'

export interface Scale {
  readonly tracks: number
  readonly users: number
  readonly likes: number
  readonly comments: number
  readonly playlists: number
}

/** The full library, and what it was at a hundredth of that. */
export const scaleOf = (tracks: number): Scale => ({
  tracks,
  users: tracks / 5,
  likes: tracks * 10,
  comments: tracks * 2,
  playlists: tracks / 10,
})

const kinds = {
  user: 1,
  track: 2,
  version: 3,
  upload: 4,
  like: 5,
  follow: 6,
  comment: 7,
  playlist: 8,
  item: 9,
}
/** The library ends here, and began three years before. */
export const present = Date.UTC(2026, 10, 1)
const begin = Date.UTC(2023, 10, 1)

const timeAt = (index: number, count: number) =>
  begin + Math.floor(((present - begin) * (index + 0.5)) / count)

export const userId = (index: number) => idOf(kinds.user, index, begin)
export const trackId = (index: number, { tracks }: Scale) => idOf(kinds.track, index, timeAt(index, tracks))
const versionId = (index: number) => idOf(kinds.version, index, begin)
const uploadId = (index: number) => idOf(kinds.upload, index, begin)

/** Most artists have a few tracks, some have thousands: the first users are the busiest. */
export const ownerOf = (index: number, { users }: Scale) => createChance(index + 1).skewed(users)

/** Neighbours in the order of their making are not so in the order of what is liked. */
const scatter = (rank: number, count: number) => Number((BigInt(rank) * 7_368_787n + 12_345n) % BigInt(count))

function* users(scale: Scale) {
  const chance = createChance(1)
  for (let index = 0; index < scale.users; index++) {
    const at = new Date(timeAt(index, scale.users))
    const name = `${wordOf(chance)} ${wordOf(chance)}`
    yield [
      userId(index),
      `user_${index.toString(36)}`,
      name.slice(0, 60),
      `u${index}@example.test`,
      at,
      'x',
      at,
      at,
    ]
  }
}

function* tracks(scale: Scale) {
  const chance = createChance(2)
  for (let index = 0; index < scale.tracks; index++) {
    const at = new Date(timeAt(index, scale.tracks))
    const visibility = chance.next() < 0.9 ? 'public' : 'private'
    const tags = [...new Set(Array.from({ length: chance.below(5) }, () => wordOf(chance)))]
    const bpm = chance.next() < 0.8 ? 60 + chance.below(130) : null
    yield [
      trackId(index, scale),
      userId(ownerOf(index, scale)),
      titleOf(chance),
      phraseOf(chance, 20),
      genres[chance.skewed(genres.length)],
      tags,
      bpm,
      chance.pick(keys),
      chance.next() < 0.1,
      visibility,
      at,
      'ready',
      versionId(index),
      visibility === 'public' ? at : null,
      at,
      at,
    ]
  }
}

function* uploads(scale: Scale) {
  for (let index = 0; index < scale.tracks; index++) {
    const at = new Date(timeAt(index, scale.tracks))
    const owner = userId(ownerOf(index, scale))
    const id = trackId(index, scale)
    yield [
      uploadId(index),
      id,
      owner,
      'a.flac',
      'audio/flac',
      30_000_000,
      `uploads/${index}`,
      'ready',
      at,
      at,
    ]
  }
}

function* versions(scale: Scale) {
  const chance = createChance(3)
  for (let index = 0; index < scale.tracks; index++) {
    const at = new Date(timeAt(index, scale.tracks))
    yield [
      versionId(index),
      trackId(index, scale),
      uploadId(index),
      1,
      `originals/${index}`,
      at,
      '0'.repeat(64),
      30_000_000,
      'audio/flac',
      'flac',
      'FLAC',
      30_000 + chance.below(570_000),
      900_000,
      44_100,
      2,
      16,
      `m-${index}`,
      at,
      at,
    ]
  }
}

/** So many likes as a hit of that place gets: the sum of all is about ten a track. */
function* likes(scale: Scale) {
  const exponent = 0.8
  let harmonic = 0
  for (let rank = 1; rank <= scale.tracks; rank++) harmonic += rank ** -exponent
  const shares = new Int32Array(scale.tracks)
  for (let rank = 1; rank <= scale.tracks; rank++) {
    const share = Math.round((scale.likes / harmonic) * rank ** -exponent)
    shares[scatter(rank, scale.tracks)] = Math.min(share, scale.users)
  }
  let made = 0
  for (let index = 0; index < scale.tracks; index++) {
    const id = trackId(index, scale)
    const first = scatter(index, scale.users)
    for (let at = 0; at < shares[index]!; at++) {
      const liker = (first + at) % scale.users
      yield [idOf(kinds.like, made++, begin + at * 60_000), id, userId(liker)]
    }
  }
}

/** Each user follows some of the busiest artists, and the first of them a great many. */
function* follows(scale: Scale) {
  const chance = createChance(4)
  let made = 0
  for (let index = 0; index < scale.users; index++) {
    const wanted = index === 1 ? Math.min(5_000, scale.users / 4) : 1 + chance.below(20)
    const followed = new Set<number>()
    for (let at = 0; at < wanted; at++) followed.add(index === 1 ? at + 2 : chance.skewed(scale.users))
    followed.delete(index)
    for (const other of followed)
      yield [idOf(kinds.follow, made++, begin + index), userId(index), userId(other)]
  }
}

const trackColumns = [
  'id',
  'owner_id',
  'title',
  'description',
  'genre',
  'tags',
  'bpm',
  'musical_key',
  'is_explicit',
  'visibility',
  'rights_confirmed_at',
  'status',
  'current_version_id',
  'published_at',
  'created_at',
  'updated_at',
]
const versionColumns = [
  'id',
  'track_id',
  'upload_id',
  'number',
  'object_key',
  'stored_at',
  'sha256',
  'size_bytes',
  'content_type',
  'container',
  'codec',
  'duration_ms',
  'bitrate_bps',
  'sample_rate_hz',
  'channels',
  'bit_depth',
  'manifest_key',
  'ready_at',
  'created_at',
]

/** What is loaded, in order, with about how many rows there will be. */
export const loadsOf = (scale: Scale): readonly (Load & { readonly count: number })[] => [
  {
    table: 'users',
    columns: [
      'id',
      'username',
      'display_name',
      'email',
      'email_verified_at',
      'password_hash',
      'created_at',
      'updated_at',
    ],
    count: scale.users,
    rows: users(scale),
  },
  { table: 'tracks', columns: trackColumns, count: scale.tracks, rows: tracks(scale) },
  {
    table: 'uploads',
    columns: [
      'id',
      'track_id',
      'created_by',
      'filename',
      'content_type',
      'size_bytes',
      'object_key',
      'status',
      'expires_at',
      'created_at',
    ],
    count: scale.tracks,
    rows: uploads(scale),
  },
  { table: 'track_versions', columns: versionColumns, count: scale.tracks, rows: versions(scale) },
  { table: 'track_likes', columns: ['id', 'track_id', 'user_id'], count: scale.likes, rows: likes(scale) },
  {
    table: 'follows',
    columns: ['id', 'follower_id', 'followed_id'],
    count: scale.users * 8,
    rows: follows(scale),
  },
]
