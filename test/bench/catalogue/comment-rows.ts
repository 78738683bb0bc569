import { type Chance, createChance } from './chance.ts'
import { type Library, makeId, present, scatter, sharesOf, userId, versionId } from './library.ts'
import type { Load } from './load.ts'
import { phraseOf } from './words.ts'

/** Of one track, all beginning threads; the first of them has so many answers. */
const mostThreads = 10_000
const mostReplies = 1_000

interface Comment {
  readonly id: string
  readonly at: number
  readonly track: number
  readonly author: number
  /** Its place among the comments of the track, as what it answers and the begin of the thread have. */
  readonly parent: number | undefined
  readonly thread: number | undefined
  readonly body: string
  readonly timestamp_ms: number | null
  readonly state: 'shown' | 'hidden' | 'deleted'
  readonly is_pinned: boolean
}

function* comments(library: Library): Generator<readonly Comment[]> {
  const chance = createChance(9)
  const shares = sharesOf(library.scale.comments, library.scale.tracks, 0.6, 5_000)
  let made = 0
  for (let track = 0; track < library.scale.tracks; track++) {
    const isFull = track === library.commentedTrack
    const count = isFull ? mostThreads + mostReplies : library.isPublic(track) ? shares[track]! : 0
    yield makeConversation(library, chance, { track, count, isFull, first: made })
    made += count
  }
}

interface Conversation {
  readonly track: number
  readonly count: number
  readonly isFull: boolean
  /** How many comments there are before it. */
  readonly first: number
}

/** The comments of a track in the order of their making: three in ten answer one that was there. */
function makeConversation(
  { scale, createdAt, durationOf }: Library,
  chance: Chance,
  { track, count, isFull, first }: Conversation,
): readonly Comment[] {
  const [from, duration] = [createdAt(track), durationOf(track)]
  const told: Comment[] = []
  const answered = new Set<number>()
  for (let place = 0; place < count; place++) {
    const parent = isFull
      ? place < mostThreads
        ? undefined
        : 0
      : place > 0 && chance.next() < 0.3
        ? chance.below(place)
        : undefined
    if (parent !== undefined) answered.add(parent)
    const at = from + Math.floor(((present - from) * (place + 1)) / (count + 1))
    told.push({
      id: makeId('comment', first + place, at),
      at,
      track,
      author: chance.below(scale.users),
      parent,
      thread: parent === undefined ? undefined : (told[parent]!.thread ?? parent),
      body: phraseOf(chance, 12),
      timestamp_ms: parent === undefined && chance.next() < 0.7 ? chance.below(duration) : null,
      state: chance.next() < 0.002 ? 'hidden' : 'shown',
      is_pinned: place === 0 && !isFull && chance.next() < 0.05,
    })
  }
  // Only what still has answers stays when it is deleted.
  return told.map((one, place) =>
    answered.has(place) && !one.is_pinned && place % 50 === 49
      ? { ...one, state: 'deleted', body: '' }
      : one.state === 'hidden'
        ? { ...one, is_pinned: false }
        : one,
  )
}

function* commentRows(library: Library) {
  for (const told of comments(library)) {
    for (const one of told) {
      const artist = library.ownerOf(one.track)
      const at = new Date(one.at)
      yield [
        one.id,
        library.trackId(one.track),
        versionId(one.track),
        userId(one.author),
        userId(artist),
        one.thread === undefined ? null : told[one.thread]!.id,
        one.parent === undefined ? null : told[one.parent]!.id,
        one.body,
        one.timestamp_ms,
        one.state === 'shown' && library.isHeard(one.author, artist),
        one.is_pinned ? at : null,
        one.state === 'hidden' ? at : null,
        one.state === 'deleted' ? at : null,
        at,
      ]
    }
  }
}

function* commentLikes(library: Library) {
  const chance = createChance(10)
  const { scale, isApart } = library
  let made = 0
  for (const told of comments(library)) {
    for (const { id, at, author, state } of told) {
      const count = state === 'shown' ? Math.floor(-1.4 * Math.log(1 - chance.next())) : 0
      const first = scatter(made, scale.users)
      for (let place = 0; place < count; place++) {
        const user = (first + place) % scale.users
        if (user === author || isApart(user, author)) continue
        yield [makeId('comment_like', made++, at + place), id, userId(user), userId(author)]
      }
    }
  }
}

export const commentLoads = (library: Library): readonly Load[] => [
  {
    table: 'comments',
    columns: [
      'id',
      'track_id',
      'version_id',
      'author_id',
      'artist_id',
      'thread_id',
      'parent_id',
      'body',
      'timestamp_ms',
      'is_counted',
      'pinned_at',
      'hidden_at',
      'deleted_at',
      'created_at',
    ],
    count: library.scale.comments + mostThreads,
    rows: commentRows(library),
  },
  {
    table: 'comment_likes',
    columns: ['id', 'comment_id', 'user_id', 'author_id'],
    count: library.scale.comments,
    rows: commentLikes(library),
  },
]
