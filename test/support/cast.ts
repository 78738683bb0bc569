import type { Sql } from '../../lib/db/client.ts'
import { type Person, seedPerson, seedTrack } from './social.ts'
import { addVersion } from './studio.ts'

/** Few people with few things, so that whatever they do at once meets. */
export interface Cast {
  readonly people: readonly Person[]
  readonly moderator: Person
  readonly tracks: readonly string[]
  readonly playlists: readonly string[]
}

export async function seedCast(sql: Sql): Promise<Cast> {
  const people = [await seedPerson(sql), await seedPerson(sql), await seedPerson(sql)]
  const moderator = await seedPerson(sql, undefined, { role: 'moderator' })
  const tracks: string[] = []
  for (const at of [0, 0, 1, 2]) tracks.push(await seedTrack(sql, people[at]!))
  await addVersion(sql, tracks[0]!)
  const playlists = await sql<{ id: string }[]>`
    insert into playlists (owner_id, title, visibility)
    select id, 'Mornings', 'public' from unnest(${people.slice(0, 2).map(({ id }) => id)}::uuid[]) id
    returning id
  `
  return { people, moderator, tracks, playlists: playlists.map(({ id }) => id) }
}
