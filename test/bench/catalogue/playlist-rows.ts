import { ranksAfter } from '../../../lib/playlists/ranks.ts'
import { createChance } from './chance.ts'
import { type Library, makeId, scatter, timeAt, userId, viewerCount } from './library.ts'
import type { Load } from './load.ts'
import { phraseOf, titleOf } from './words.ts'

const mostItems = 10_000
const viewerFollows = 10

interface Playlist {
  readonly id: string
  readonly at: number
  readonly owner: number
  readonly title: string
  readonly description: string
  readonly isPublic: boolean
  readonly tracks: readonly number[]
}

/** The first has as many items as one may have; the next belong to the viewers. */
function* playlists(library: Library): Generator<Playlist> {
  const { scale, viewers } = library
  const chance = createChance(11)
  for (let index = 0; index < scale.playlists; index++) {
    const at = timeAt(index, scale.playlists)
    const isOfViewer = index > 0 && index <= Math.min(viewerCount * 5, scale.playlists / 2)
    const wanted = index === 0 ? Math.min(mostItems, scale.tracks / 2) : 1 + chance.below(29)
    const tracks = new Set<number>()
    while (tracks.size < wanted) {
      const track = index === 0 ? chance.below(scale.tracks) : library.pickTrack(chance)
      if (library.isPublic(track)) tracks.add(track)
    }
    yield {
      id: makeId('playlist', index, at),
      at,
      owner: isOfViewer ? viewers[index % viewerCount]! : chance.below(scale.users),
      title: titleOf(chance),
      description: phraseOf(chance, 10),
      isPublic: chance.next() < 0.8 || index === 0,
      tracks: [...tracks],
    }
  }
}

function* playlistRows(library: Library) {
  for (const { id, at, owner, title, description, isPublic, tracks } of playlists(library)) {
    const time = new Date(at)
    const duration = tracks.reduce((sum, track) => sum + library.durationOf(track), 0)
    const visibility = isPublic ? 'public' : 'private'
    yield [id, userId(owner), title, description, visibility, tracks.length, duration, time, time, time]
  }
}

function* itemRows(library: Library) {
  const ranks = ranksAfter(null, mostItems)
  let made = 0
  for (const { id, at, owner, tracks } of playlists(library)) {
    for (const [place, track] of tracks.entries()) {
      const item = makeId('item', made++, at)
      const duration = library.durationOf(track)
      yield [item, id, library.trackId(track), ranks[place], duration, userId(owner), new Date(at)]
    }
  }
}

/** One in ten has somebody who works on it too. */
function* collaborators(library: Library) {
  const chance = createChance(12)
  let made = 0
  for (const { id, at, owner } of playlists(library)) {
    if (chance.next() >= 0.1) continue
    const user = chance.next() < 0.5 ? chance.pick(library.viewers) : chance.below(library.scale.users)
    if (user === owner || library.isApart(user, owner)) continue
    yield [makeId('playlist_collaborator', made++, at), id, userId(user), chance.pick(['editor', 'viewer'])]
  }
}

function* reactions(library: Library, kind: 'playlist_like' | 'playlist_follow', average: number) {
  const { scale, viewers, isApart } = library
  const chance = createChance(13 + average)
  const byPlaylist = kind === 'playlist_follow' ? viewersByPlaylist(library) : undefined
  let [made, index] = [0, 0]
  for (const { id, at, owner, isPublic } of playlists(library)) {
    const first = scatter(index, scale.users)
    const count = Math.floor(-(average + 0.5) * Math.log(1 - chance.next()))
    const users = new Set(Array.from({ length: count }, (_, place) => (first + place) % scale.users))
    for (const viewer of byPlaylist?.get(index) ?? []) users.add(viewers[viewer]!)
    index += 1
    for (const user of isPublic ? users : []) {
      if (user === owner || isApart(user, owner)) continue
      yield [makeId(kind, made++, at), id, userId(user)]
    }
  }
}

/** Which viewers follow a playlist. */
function viewersByPlaylist({ scale }: Library) {
  const followers = new Map<number, number[]>()
  for (let viewer = 0; viewer < viewerCount; viewer++) {
    for (let at = 0; at < viewerFollows; at++) {
      const playlist = scatter(viewer * viewerFollows + at, scale.playlists)
      followers.set(playlist, [...(followers.get(playlist) ?? []), viewer])
    }
  }
  return followers
}

export const playlistLoads = (library: Library): readonly Load[] => [
  {
    table: 'playlists',
    columns: [
      'id',
      'owner_id',
      'title',
      'description',
      'visibility',
      'item_count',
      'duration_ms',
      'counted_at',
      'created_at',
      'updated_at',
    ],
    count: library.scale.playlists,
    rows: playlistRows(library),
  },
  {
    table: 'playlist_items',
    columns: ['id', 'playlist_id', 'track_id', 'rank', 'duration_ms', 'added_by', 'added_at'],
    count: library.scale.playlists * 15 + mostItems,
    rows: itemRows(library),
  },
  {
    table: 'playlist_collaborators',
    columns: ['id', 'playlist_id', 'user_id', 'role'],
    count: library.scale.playlists / 10,
    rows: collaborators(library),
  },
  {
    table: 'playlist_likes',
    columns: ['id', 'playlist_id', 'user_id'],
    count: library.scale.playlists * 2,
    rows: reactions(library, 'playlist_like', 2),
  },
  {
    table: 'playlist_follows',
    columns: ['id', 'playlist_id', 'user_id'],
    count: library.scale.playlists,
    rows: reactions(library, 'playlist_follow', 1),
  },
]
