import { AppError } from '../../lib/errors.ts'
import { type Confirm, matching, requireMatch } from '../../lib/http/etag.ts'
import { type Handlers, Reply } from '../../lib/http/route.ts'
import type { ItemService } from '../../lib/playlists/items-service.ts'
import type { ReplaceItems } from '../../lib/playlists/replacement-service.ts'
import { replyShown } from '../row-reply.ts'
import type { itemRoutes } from './item-routes.ts'

export interface ItemServices {
  readonly items: ItemService
  readonly replaceItems: ReplaceItems
}

export function createItemHandlers({ items, replaceItems }: ItemServices): Handlers<typeof itemRoutes> {
  return {
    listPlaylistItems: ({ actor, params, query }) => items.list(actor, params.playlist_id, query),
    addPlaylistItem: async ({ actor, params, body, headers }) => {
      const { item, isNew } = await items.add(actor, params.playlist_id, body, matching(headers))
      return new Reply(item, { status: isNew ? 201 : 200 })
    },
    replacePlaylistItems: async ({ actor, params, body, headers }) =>
      replyShown(await replaceItems(actor, params.playlist_id, body.track_ids, mustMatch(headers))),
    removePlaylistItem: async ({ actor, params, headers }) => {
      await items.remove(actor, params.playlist_id, params.item_id, matching(headers))
      return undefined
    },
    movePlaylistItem: ({ actor, params, body, headers }) =>
      items.move(actor, params.playlist_id, params.item_id, body.after, matching(headers)),
  }
}

/** Whoever replaces everything says what they replace. */
const mustMatch =
  (headers: Readonly<Record<string, string | undefined>>): Confirm =>
  (playlist) => {
    if (headers['if-match'] === undefined) throw new AppError('precondition_required')
    requireMatch(headers, playlist)
  }
