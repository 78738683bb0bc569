import { playlistRoutes } from '../../../functions/playlists/routes.ts'
import { socialRoutes } from '../../../functions/social/routes.ts'
import { collaborationRoutes } from '../../../functions/tracks/collaboration-routes.ts'
import { trackRoutes } from '../../../functions/tracks/routes.ts'
import { userRoutes } from '../../../functions/users/routes.ts'
import { encodeCursor } from '../../../lib/http/cursor.ts'
import type { Route } from '../../../lib/http/route.ts'
import { ranksAfter } from '../../../lib/playlists/ranks.ts'
import type { CallOptions } from '../../support/api.ts'
import { isKeenFollower } from './library.ts'
import type { Subjects } from './subjects.ts'

export type Group = 'tracks' | 'users' | 'social' | 'playlists'

export interface Case {
  readonly name: string
  readonly group: Group
  readonly route: Route
  /** Indexes of the users who call, one after another; a guest calls where there are none. */
  readonly callers?: readonly number[]
  /** What the call is about, and what it takes along. */
  readonly ask?: (at: number) => Pick<CallOptions, 'params' | 'query'>
  /** What 95 of 100 calls have to be done in. */
  readonly goal_ms?: number
}

const searchGoal = { goal_ms: 50 }
const suggestionGoal = { goal_ms: 20 }

const of = <T>(list: readonly T[], at: number): T => list[at % list.length]!

/** Every list, search, feed and detail of the catalogue, as guests and users ask for it. */
export const casesOf = (subjects: Subjects): readonly Case[] => [
  ...lists(subjects),
  ...searches(subjects),
  ...trackCases(subjects),
  ...userCases(subjects),
  ...socialCases(subjects),
  ...playlistCases(subjects),
]

function lists({ words, viewers }: Subjects): Case[] {
  const genres = ['house', 'techno', 'jazz', 'punk', 'synthwave', 'dub']
  const route = { group: 'tracks', route: trackRoutes.listTracks } as const
  return [
    { name: 'GET /tracks, newest', ...route },
    { name: 'GET /tracks, newest, user', ...route, callers: viewers },
    { name: 'GET /tracks?genre=', ...route, ask: (at) => ({ query: { genre: of(genres, at) } }) },
    { name: 'GET /tracks?tag=', ...route, ask: (at) => ({ query: { tag: of(words, at) } }) },
    { name: 'GET /tracks?sort=popular', ...route, ask: () => ({ query: { sort: 'popular' } }) },
    {
      name: 'GET /tracks?sort=popular&genre=, user',
      ...route,
      callers: viewers,
      ask: (at) => ({ query: { sort: 'popular', genre: of(genres, at) } }),
    },
    { name: 'GET /tracks?sort=trending', ...route, ask: () => ({ query: { sort: 'trending' } }) },
    {
      name: 'GET /tracks?sort=trending&period=month',
      ...route,
      ask: () => ({ query: { sort: 'trending', period: 'month' } }),
    },
  ]
}

/** Two letters the wrong way round. */
function mistype(word: string): string {
  const at = Math.max(0, Math.floor(word.length / 2) - 1)
  const letters = [...word]
  return [...letters.slice(0, at), letters[at + 1], letters[at], ...letters.slice(at + 2)].join('')
}

const firstWord = (text: string) => text.split(' ')[0]!

function searches({ words, rareWords, named, viewers }: Subjects): Case[] {
  const long = words.filter((word) => word.length >= 5)
  const search = (name: string, q: (at: number) => string, callers?: readonly number[]): Case => ({
    name: `GET /tracks?q=, ${name}`,
    group: 'tracks',
    route: trackRoutes.listTracks,
    ...searchGoal,
    ...(callers && { callers }),
    ask: (at) => ({ query: { q: q(at) } }),
  })
  const suggest = (name: string, q: (at: number) => string): Case => ({
    name: `GET /search/suggestions, ${name}`,
    group: 'tracks',
    route: trackRoutes.suggest,
    ...suggestionGoal,
    ask: (at) => ({ query: { q: q(at) } }),
  })
  const count = (name: string, query: (at: number) => Record<string, string>): Case => ({
    name: `GET /tracks/facets, ${name}`,
    group: 'tracks',
    route: trackRoutes.countTracks,
    ...searchGoal,
    ask: (at) => ({ query: query(at) }),
  })
  return [
    search('a frequent word', () => 'love'),
    search('a frequent word, user', () => 'love', viewers),
    search('a word', (at) => of(words, at)),
    search('a rare word', (at) => of(rareWords, at)),
    search('two words', (at) => of(named, at).title.split(' ').slice(0, 2).join(' ')),
    search('the begin of a word', (at) => of(long, at).slice(0, 3)),
    search('a mistyped word', (at) => mistype(of(long, at))),
    search('artist and title, user', (at) => artistAndTitle(of(named, at)), viewers),
    count('all', () => ({})),
    count('a frequent word', () => ({ q: 'love' })),
    count('a word', (at) => ({ q: of(words, at) })),
    suggest('1 letter', (at) => of(words, at).slice(0, 1)),
    suggest('2 letters', (at) => of(words, at).slice(0, 2)),
    suggest('3 letters', (at) => of(long, at).slice(0, 3)),
    suggest('mistyped', (at) => mistype(of(long, at))),
  ]
}

const artistAndTitle = ({ artist, title }: { artist: string; title: string }) =>
  `${firstWord(artist)} ${firstWord(title)}`

function trackCases({ tracks, viewers }: Subjects): Case[] {
  const ask = (at: number) => ({ params: { track_id: of(tracks, at) } })
  return [
    { name: 'GET /tracks/{id}', group: 'tracks', route: trackRoutes.getTrack, ask },
    { name: 'GET /tracks/{id}, user', group: 'tracks', route: trackRoutes.getTrack, ask, callers: viewers },
    {
      name: 'GET /tracks/{id}/likes, user',
      group: 'tracks',
      route: trackRoutes.listTrackLikes,
      ask,
      callers: viewers,
    },
    {
      name: 'GET /users/me/collaborations',
      group: 'tracks',
      route: collaborationRoutes.listCollaborations,
      callers: viewers,
    },
  ]
}

function userCases({ artists, people, words, viewers }: Subjects): Case[] {
  const artist = (at: number) => ({ params: { username: of(artists, at) } })
  const person = (at: number) => ({ params: { username: of(people, at) } })
  const long = words.filter((word) => word.length >= 5)
  const group = 'users' as const
  const asUser = { group, callers: viewers }
  return [
    { name: 'GET /users/{name}', group, route: userRoutes.getUser, ask: artist },
    { name: 'GET /users/{name}, user', ...asUser, route: userRoutes.getUser, ask: artist },
    { name: 'GET /users/{name}/tracks', group, route: userRoutes.listUserTracks, ask: artist },
    { name: 'GET /users/{name}/tracks, user', ...asUser, route: userRoutes.listUserTracks, ask: artist },
    { name: 'GET /users/{name}/followers', group, route: userRoutes.listFollowers, ask: artist },
    { name: 'GET /users/{name}/followers, user', ...asUser, route: userRoutes.listFollowers, ask: artist },
    { name: 'GET /users/{name}/following', group, route: userRoutes.listFollowing, ask: person },
    { name: 'GET /users/{name}/following, user', ...asUser, route: userRoutes.listFollowing, ask: person },
    { name: 'GET /users/{name}/likes', group, route: userRoutes.listUserLikes, ask: person },
    {
      name: 'GET /users?q=, the begin of a name',
      group,
      route: userRoutes.searchUsers,
      ...searchGoal,
      ask: (at) => ({ query: { q: of(long, at).slice(0, 3) } }),
    },
    {
      name: 'GET /users?q=, mistyped, user',
      ...asUser,
      route: userRoutes.searchUsers,
      ...searchGoal,
      ask: (at) => ({ query: { q: mistype(of(long, at)) } }),
    },
    { name: 'GET /users/me', ...asUser, route: userRoutes.getOwnUser },
    { name: 'GET /users/me/likes', ...asUser, route: userRoutes.listOwnLikes },
    { name: 'GET /users/me/history', ...asUser, route: userRoutes.getOwnHistory },
    { name: 'GET /users/me/blocks', ...asUser, route: userRoutes.listOwnBlocks },
  ]
}

function socialCases({ tracks, threads, fullTrack, fullThread, viewers }: Subjects): Case[] {
  const group = 'social' as const
  const asUser = { group, callers: viewers }
  const comments = (name: string, sort: string, track: (at: number) => string, isUser: boolean): Case => ({
    name: `GET /tracks/{id}/comments, ${name}`,
    group,
    route: socialRoutes.listComments,
    ...(isUser && { callers: viewers }),
    ask: (at) => ({ params: { track_id: track(at) }, query: { sort } }),
  })
  const any = (at: number) => of(tracks, at)
  const full = () => fullTrack
  const reply = (at: number) => ({ params: { comment_id: of(threads, at) } })
  const keen = Array.from({ length: 20 }, (_, at) => at).filter(isKeenFollower)
  return [
    comments('newest', 'newest', any, false),
    comments('oldest, user', 'oldest', any, true),
    comments('by place, user', 'timestamp', any, true),
    comments('newest of 10 000', 'newest', full, false),
    comments('newest of 10 000, user', 'newest', full, true),
    comments('oldest of 10 000, user', 'oldest', full, true),
    comments('by place of 10 000, user', 'timestamp', full, true),
    { name: 'GET /comments/{id}/replies', group, route: socialRoutes.listReplies, ask: reply },
    { name: 'GET /comments/{id}/replies, user', ...asUser, route: socialRoutes.listReplies, ask: reply },
    {
      name: 'GET /comments/{id}/replies of 1 000, user',
      ...asUser,
      route: socialRoutes.listReplies,
      ask: () => ({ params: { comment_id: fullThread } }),
    },
    { name: 'GET /feed, 20 followed', ...asUser, route: socialRoutes.listFeed },
    { name: 'GET /feed, 5 000 followed', group, callers: keen, route: socialRoutes.listFeed },
    { name: 'GET /notifications', ...asUser, route: socialRoutes.listNotifications },
    { name: 'GET /notifications/unread-count', ...asUser, route: socialRoutes.countUnreadNotifications },
  ]
}

function playlistCases({ playlists, fullPlaylist, viewers }: Subjects): Case[] {
  const group = 'playlists' as const
  const ranks = ranksAfter(null, 9_000)
  const ask = (at: number) => ({ params: { playlist_id: of(playlists, at) } })
  const full = { playlist_id: fullPlaylist }
  /** Of a list of half the tracks of the smallest library, some place in the second half. */
  const deep = (at: number) => {
    const place = 2_500 + ((at * 97) % 2_000)
    const cursor = encodeCursor(`playlist_items:${fullPlaylist}`, [ranks[place]!, place + 1, 1])
    return { params: full, query: { cursor } }
  }
  const items = { group, route: playlistRoutes.listPlaylistItems }
  return [
    { name: 'GET /playlists', group, callers: viewers, route: playlistRoutes.listPlaylists },
    { name: 'GET /playlists/{id}', group, route: playlistRoutes.getPlaylist, ask },
    { name: 'GET /playlists/{id}, user', group, route: playlistRoutes.getPlaylist, ask, callers: viewers },
    { name: 'GET /playlists/{id}/items', ...items, ask },
    { name: 'GET /playlists/{id}/items, user', ...items, ask, callers: viewers },
    {
      name: 'GET /playlists/{id}/items of 10 000',
      ...items,
      ask: () => ({ params: full }),
      callers: viewers,
    },
    { name: 'GET /playlists/{id}/items of 10 000, deep', ...items, ask: deep, callers: viewers },
  ]
}
