import type { Sql } from '../../lib/db/client.ts'
import type { OutboxRelay } from '../../lib/outbox.ts'
import { createCollaboratorService } from '../../lib/playlists/collaborators-service.ts'
import { createInviteService } from '../../lib/playlists/invites-service.ts'
import { createItemService } from '../../lib/playlists/items-service.ts'
import { createReactionService } from '../../lib/playlists/reactions-service.ts'
import { createItemReplacement } from '../../lib/playlists/replacement-service.ts'
import { createPlaylistService } from '../../lib/playlists/service.ts'
import { createCollaboratorHandlers } from './collaborator-handlers.ts'
import { createInviteHandlers } from './invite-handlers.ts'
import { createItemHandlers } from './item-handlers.ts'
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
  ...createItemHandlers({ items: createItemService(given), replaceItems: createItemReplacement(given) }),
  ...createCollaboratorHandlers(createCollaboratorService(given)),
  ...createInviteHandlers(createInviteService(given)),
  ...createReactionHandlers(createReactionService(given)),
})
