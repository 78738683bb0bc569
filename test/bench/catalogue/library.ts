import { type Chance, createChance, idOf } from './chance.ts'

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

const kinds = [
  'user',
  'track',
  'version',
  'upload',
  'like',
  'follow',
  'comment',
  'playlist',
  'item',
  'repost',
  'block',
  'mute',
  'collaborator',
  'comment_like',
  'play',
  'playlist_collaborator',
  'playlist_like',
  'playlist_follow',
  'notification',
  'event',
] as const

/** The library ends here, and began three years before. */
export const present = Date.UTC(2026, 10, 1)
const begin = Date.UTC(2023, 10, 1)

export const timeAt = (index: number, count: number) =>
  begin + Math.floor(((present - begin) * (index + 0.5)) / count)

/** The UUIDv7 number `index` of a kind. */
export const makeId = (kind: (typeof kinds)[number], index: number, at: number = begin) =>
  idOf(kinds.indexOf(kind) + 1, index, at)

export const userId = (index: number) => makeId('user', index)
export const usernameOf = (index: number) => `user_${index.toString(36)}`
export const versionId = (index: number) => makeId('version', index)

/** Neighbours in the order of their making are not so in the order of what is liked. */
export const scatter = (rank: number, count: number) =>
  Number((BigInt(rank) * 7_368_787n + 12_345n) % BigInt(count))

/** In whose name the routes are called: they follow twenty, block and mute some, and have much to list. */
export const viewerCount = 400
/** Those whom the first users follow are a great many. */
export const isKeenFollower = (index: number) => index > 0 && index <= 10

export type Library = ReturnType<typeof createLibrary>

/** What the rows of several tables have to agree on. */
export function createLibrary(scale: Scale) {
  /** Most artists have a few tracks, some have thousands: the first users are the busiest. */
  const owners = Int32Array.from({ length: scale.tracks }, (_, index) =>
    createChance(index + 1).skewed(scale.users),
  )
  const step = Math.floor(scale.users / viewerCount)
  const viewers = Array.from({ length: viewerCount }, (_, at) => at * step + Math.min(11, step - 1))
  const places = new Map(viewers.map((user, at) => [user, at]))
  const isPublic = (track: number) => createChance(track + 77).next() < 0.9
  const { blocks, mutes } = makeRelations(scale, viewers)
  const pairs = (list: readonly Pair[]) => new Set(list.map(([one, other]) => one * scale.users + other))
  const [blocked, muted] = [pairs(blocks), pairs(mutes)]
  const isBlocked = (one: number, other: number) => blocked.has(one * scale.users + other)
  /** A public one, the hits the most often. */
  const pickTrack = (chance: Chance): number => {
    const track = scatter(chance.skewed(scale.tracks), scale.tracks)
    return isPublic(track) ? track : pickTrack(chance)
  }

  return {
    scale,
    viewers,
    blocks,
    mutes,
    isViewer: (user: number) => places.has(user),
    ownerOf: (track: number) => owners[track]!,
    isPublic,
    /** The track that has 10 000 comments. */
    commentedTrack: Array.from({ length: 100 }, (_, at) => at + 5).find(isPublic)!,
    createdAt: (track: number) => timeAt(track, scale.tracks),
    trackId: (track: number) => makeId('track', track, timeAt(track, scale.tracks)),
    durationOf: (track: number) => 30_000 + createChance(track + 31).below(570_000),
    pickTrack,
    /** Whether a block stands between the two. */
    isApart: (one: number, other: number) => isBlocked(one, other) || isBlocked(other, one),
    /** Whether anybody hears what the author says on the artist's tracks. */
    isHeard: (author: number, artist: number) =>
      !isBlocked(artist, author) && !muted.has(artist * scale.users + author),
    tracksByOwner: groupByOwner(owners, scale.users),
  }
}

type Pair = readonly [one: number, other: number]

function makeRelations({ users }: Scale, viewers: readonly number[]) {
  const chance = createChance(5)
  const relate = (count: number): Pair[] =>
    viewers.flatMap((viewer) => {
      const others = new Set(Array.from({ length: count }, () => chance.below(users)))
      others.delete(viewer)
      return [...others].map((other) => [viewer, other] as const)
    })
  return { blocks: relate(5), mutes: relate(10) }
}

/** The tracks of each user, in the order of their making. */
function groupByOwner(owners: Int32Array, users: number): (user: number) => Int32Array {
  const starts = new Int32Array(users + 1)
  for (const owner of owners) starts[owner + 1]! += 1
  for (let user = 0; user < users; user++) starts[user + 1]! += starts[user]!
  const filled = starts.slice()
  const tracks = new Int32Array(owners.length)
  for (let track = 0; track < owners.length; track++) tracks[filled[owners[track]!]!++] = track
  return (user) => tracks.subarray(starts[user], starts[user + 1])
}

/** Shares of a whole that fall with the rank of a track, in the order of the tracks. */
export function sharesOf(total: number, tracks: number, exponent: number, most: number): Int32Array {
  let harmonic = 0
  for (let rank = 1; rank <= tracks; rank++) harmonic += rank ** -exponent
  const shares = new Int32Array(tracks)
  for (let rank = 1; rank <= tracks; rank++) {
    const share = Math.round((total / harmonic) * rank ** -exponent)
    shares[scatter(rank, tracks)] = Math.min(share, most)
  }
  return shares
}
