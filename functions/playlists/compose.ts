import type { ObjectStore } from '../../lib/aws/object-store.ts'
import type { Sql } from '../../lib/db/client.ts'
import { createImageService } from '../../lib/images/service.ts'
import type { OutboxRelay } from '../../lib/outbox.ts'
import { createCollaboratorService } from '../../lib/playlists/collaborators-service.ts'
import { covers } from '../../lib/playlists/cover.ts'
import { createInviteService } from '../../lib/playlists/invites-service.ts'
import { createItemService } from '../../lib/playlists/items-service.ts'
import { createReactionService } from '../../lib/playlists/reactions-service.ts'
import { createItemReplacement } from '../../lib/playlists/replacement-service.ts'
import { createPlaylistService } from '../../lib/playlists/service.ts'
import { createCollaboratorHandlers } from './collaborator-handlers.ts'
import { createCoverHandlers } from './cover-handlers.ts'
import { createInviteHandlers } from './invite-handlers.ts'
import { createItemHandlers } from './item-handlers.ts'
import { createPlaylistHandlers } from './playlist-handlers.ts'
import { createReactionHandlers } from './reaction-handlers.ts'

export interface PlaylistGroupDependencies {
  readonly sql: Sql
  /** Where covers are uploaded to. */
  readonly store: Pick<ObjectStore, 'presignPut'>
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

/** The services of this group, and the handlers that call them. */
export const composePlaylists = (given: PlaylistGroupDependencies) => ({
  ...createPlaylistHandlers(createPlaylistService(given)),
  ...createCoverHandlers(createImageService({ ...given, holder: covers })),
  ...createItemHandlers({ items: createItemService(given), replaceItems: createItemReplacement(given) }),
  ...createCollaboratorHandlers(createCollaboratorService(given)),
  ...createInviteHandlers(createInviteService(given)),
  ...createReactionHandlers(createReactionService(given)),
})
