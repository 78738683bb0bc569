import type { Actor } from '../auth/actor.ts'
import type { Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import type { Confirm } from '../http/etag.ts'
import { pageById } from '../http/id-page.ts'
import type { PageQuery } from '../http/route.ts'
import type { OutboxRelay } from '../outbox.ts'
import { lockToChange } from './locking.ts'
import {
  deletePlaylist,
  findPlaylist,
  insertPlaylist,
  listOwnPlaylists,
  listPlaylistsOf,
  markUpdated,
} from './repository.ts'
import type { CreatePlaylist, ListPlaylists, Playlist, UpdatePlaylist } from './schemas.ts'
import { tellOfUpdate } from './telling.ts'

export interface PlaylistDependencies {
  readonly sql: Sql
  /** Without it an edit is told of once the outbox is swept. */
  readonly relay?: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

export type PlaylistService = ReturnType<typeof createPlaylistService>

export function createPlaylistService({ sql, relay, now = () => new Date() }: PlaylistDependencies) {
  const get = async (actor: Actor | undefined, playlistId: string): Promise<Playlist> => {
    const playlist = await findPlaylist(sql, playlistId, { id: actor?.id })
    if (!playlist) throw new AppError('not_found')
    return playlist
  }

  return {
    get,

    create: async (actor: Actor, playlist: CreatePlaylist): Promise<Playlist> =>
      get(actor, await insertPlaylist(sql, actor.id, playlist, now())),

    /** What the actor made, works on with others, and follows. */
    list: (actor: Actor, { filter, ...page }: ListPlaylists) =>
      pageById(`playlists:${filter}`, page, (before, limit) =>
        listOwnPlaylists(sql, actor, filter, { before, limit }),
      ),

    listOf: (actor: Actor | undefined, ownerId: string, page: PageQuery) =>
      pageById(`playlists_of:${ownerId}`, page, (before, limit) =>
        listPlaylistsOf(sql, { id: actor?.id }, ownerId, { before, limit }),
      ),

    async update(actor: Actor, playlistId: string, changes: UpdatePlaylist, confirm: Confirm) {
      await sql.begin(async (tx) => {
        await lockToChange(tx, actor, playlistId, { needs: 'manage', confirm })
        if (Object.keys(changes).length === 0) return
        await markUpdated(tx, playlistId, changes, now())
        await tellOfUpdate(tx, playlistId)
      })
      await relay?.flushSoon()
      return get(actor, playlistId)
    },

    remove: (actor: Actor, playlistId: string, confirm: Confirm): Promise<void> =>
      sql.begin(async (tx) => {
        await lockToChange(tx, actor, playlistId, { needs: 'manage', confirm })
        await deletePlaylist(tx, playlistId)
      }),
  }
}
