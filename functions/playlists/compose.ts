import type { Sql } from '../../lib/db/client.ts'
import type { OutboxRelay } from '../../lib/outbox.ts'
import { createReactionService } from '../../lib/playlists/reactions-service.ts'
import { createPlaylistService } from '../../lib/playlists/service.ts'
import { createPlaylistHandlers } from './own-handlers.ts'
import { createReactionHandlers } from './reaction-handlers.ts'

export interface PlaylistGroupDependencies {
  readonly sql: Sql
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

/** The services of this group, and the handlers that call them. */
export const composePlaylists = (given: PlaylistGroupDependencies) => ({
  ...createPlaylistHandlers(createPlaylistService(given)),
  ...createReactionHandlers(createReactionService(given)),
})
