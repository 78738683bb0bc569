import * as z from 'zod/mini'
import type { Actor } from '../auth/actor.ts'
import type { Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { decodeCursor, encodeCursor, toPage } from '../http/cursor.ts'
import type { Confirm } from '../http/etag.ts'
import type { PageQuery } from '../http/route.ts'
import { lockToChange } from './locking.ts'
import {
  deletePlaylist,
  findPlaylist,
  insertPlaylist,
  listOwnPlaylists,
  listPlaylistsOf,
  markUpdated,
  type PlaylistPlace,
} from './repository.ts'
import type { CreatePlaylist, ListPlaylists, Playlist, UpdatePlaylist } from './schemas.ts'

export interface PlaylistDependencies {
  readonly sql: Sql
  readonly now?: () => Date
}

export type PlaylistService = ReturnType<typeof createPlaylistService>

const cursorValues = z.tuple([z.uuid()])

export function createPlaylistService({ sql, now = () => new Date() }: PlaylistDependencies) {
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
      pageOf(`playlists:${filter}`, page, (place) => listOwnPlaylists(sql, actor, filter, place)),

    listOf: (actor: Actor | undefined, ownerId: string, page: PageQuery) =>
      pageOf(`playlists_of:${ownerId}`, page, (place) =>
        listPlaylistsOf(sql, { id: actor?.id }, ownerId, place),
      ),

    async update(actor: Actor, playlistId: string, changes: UpdatePlaylist, confirm: Confirm) {
      await sql.begin(async (tx) => {
        await lockToChange(tx, actor, playlistId, { needs: 'manage', confirm })
        if (Object.keys(changes).length > 0) await markUpdated(tx, playlistId, changes, now())
      })
      return get(actor, playlistId)
    },

    remove: (actor: Actor, playlistId: string, confirm: Confirm): Promise<void> =>
      sql.begin(async (tx) => {
        await lockToChange(tx, actor, playlistId, { needs: 'manage', confirm })
        await deletePlaylist(tx, playlistId)
      }),
  }
}

async function pageOf(
  scope: string,
  { limit, cursor }: PageQuery,
  list: (place: PlaylistPlace) => Promise<Playlist[]>,
) {
  const [before] = cursor === undefined ? [] : decodeCursor(scope, cursor, cursorValues)
  const playlists = await list({ before, limit: limit + 1 })
  return toPage(playlists, limit, ({ id }) => encodeCursor(scope, [id]))
}
