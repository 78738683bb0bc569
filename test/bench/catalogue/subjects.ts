import type postgres from 'postgres'
import { type Chance, createChance } from './chance.ts'
import { createLibrary, makeId, type scaleOf, timeAt, usernameOf } from './library.ts'
import { wordOf, wordsByRank } from './words.ts'

export type Subjects = Awaited<ReturnType<typeof findSubjects>>

const poolSize = 200

/** What the routes are asked about: another thing each time, and the same ones in each run. */
export async function findSubjects(sql: postgres.Sql, scale: ReturnType<typeof scaleOf>) {
  const library = createLibrary(scale)
  const chance = createChance(99)
  const some = <T>(make: (chance: Chance) => T) => Array.from({ length: poolSize }, () => make(chance))
  const trackIndexes = some(library.pickTrack)
  const tracks = trackIndexes.map(library.trackId)
  const named = await sql<{ title: string; artist: string }[]>`
    select t.title, o.display_name as artist
    from tracks t join users o on o.id = t.owner_id
    where t.id = any(${tracks}) and array_length(string_to_array(t.title, ' '), 1) > 1
    order by t.id
  `
  const threads = await sql<{ id: string }[]>`
    select distinct thread_id as id from comments
    where track_id = any(${tracks}) and thread_id is not null and deleted_at is null
    order by 1 limit ${poolSize}
  `
  const full = library.trackId(library.commentedTrack)
  const [fullThread] = await sql<[{ id: string }]>`
    select id from comments where track_id = ${full} and thread_id is null order by id limit 1
  `
  const someLists = some(() => chance.below(scale.playlists)).map((index) =>
    makeId('playlist', index, timeAt(index, scale.playlists)),
  )
  const playlists = await sql<{ id: string }[]>`
    select id from playlists where visibility = 'public' and id = any(${someLists}) order by id
  `
  return {
    tracks,
    artists: trackIndexes.map((track) => usernameOf(library.ownerOf(track))),
    people: some(() => usernameOf(chance.below(scale.users))),
    named: [...named],
    threads: threads.map(({ id }) => id),
    fullTrack: full,
    fullThread: fullThread.id,
    playlists: playlists.map(({ id }) => id),
    fullPlaylist: makeId('playlist', 0, timeAt(0, scale.playlists)),
    viewers: library.viewers,
    words: some(wordOf),
    rareWords: some(() => wordsByRank(10_000 + chance.below(20_000))),
  }
}

/** Enough to name the cases by. */
export const noSubjects: Subjects = {
  tracks: [],
  artists: [],
  people: [],
  named: [],
  threads: [],
  fullTrack: '',
  fullThread: '',
  playlists: [],
  fullPlaylist: '',
  viewers: [],
  words: [],
  rareWords: [],
}
