import * as z from 'zod/mini'
import type { Db } from '../../db/client.ts'
import { playlist as playlistView } from '../../playlists/schemas.ts'
import { personOf } from '../../users/person.ts'
import { definePublicEvent } from '../define.ts'
import { exampleOwner } from './track-data.ts'

/** Its description and its items are read from the playlist. */
const playlist = z.pick(playlistView, {
  id: true,
  owner: true,
  title: true,
  visibility: true,
  item_count: true,
  duration_ms: true,
  revision: true,
  created_at: true,
  updated_at: true,
})
type Playlist = z.output<typeof playlist>

async function findPlaylist(db: Db, playlistId: string): Promise<Playlist | undefined> {
  const [row] = await db<[Playlist?]>`
    select
      p.id, ${personOf(db, 'o')} as owner, p.title, p.visibility, p.item_count, p.duration_ms, p.revision,
      p.created_at, p.updated_at
    from playlists p
    join users o on o.id = p.owner_id
    where p.id = ${playlistId}
  `
  return row
}

const listCollaborators = (db: Db, playlistId: string) => db<{ user_id: string }[]>`
  select user_id from playlist_collaborators where playlist_id = ${playlistId}
`

const playlistUpdated = definePublicEvent({
  type: 'playlist.updated',
  version: '2026-12-01',
  description:
    'A playlist or its items changed: texts, visibility, cover, owner, or what it holds in which order. An edit of many items is one event; a track that is purged takes its items along. Making and deleting one, and who may see it, are none. To the owner and all collaborators.',
  resource: 'playlist',
  data: z.object({ playlist }),
  example: {
    playlist: {
      id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9b04',
      owner: exampleOwner,
      title: 'Before sunrise',
      visibility: 'public',
      item_count: 12,
      duration_ms: 2_208_000,
      revision: 31,
      created_at: '2026-11-01T09:00:00.000Z',
      updated_at: '2026-12-01T09:00:00.000Z',
    },
  },
  build: async (db, { playlist_id }) => {
    const found = await findPlaylist(db, playlist_id)
    if (!found) return []
    const collaborators = await listCollaborators(db, playlist_id)
    const accounts = [found.owner.id, ...collaborators.map(({ user_id }) => user_id)]
    return accounts.map((account_id) => ({ account_id, data: { playlist: found } }))
  },
})

export const playlistEvents = [playlistUpdated] as const
