import type { CollaborationService } from '../../lib/collaboration/service.ts'
import type { SplitService, SplitsRow } from '../../lib/collaboration/splits.ts'
import { etagOfShown, matching } from '../../lib/http/etag.ts'
import { type Handlers, Reply } from '../../lib/http/route.ts'
import type { collaborationRoutes } from './collaboration-routes.ts'

export interface CollaborationServices {
  readonly collaborations: CollaborationService
  readonly splits: SplitService
}

export function createCollaborationHandlers({
  collaborations,
  splits,
}: CollaborationServices): Handlers<typeof collaborationRoutes> {
  return {
    listInvitations: ({ actor, query }) => collaborations.invitations(actor, query),
    listCollaborations: ({ actor, query }) => collaborations.collaborations(actor, query),
    listCollaborators: ({ actor, params, query }) => collaborations.list(actor, params.track_id, query),
    putCollaborator: ({ actor, params, body }) =>
      collaborations.put(actor, params.track_id, params.user_id, body),
    removeCollaborator: async ({ actor, params }) => {
      await collaborations.remove(actor, params.track_id, params.user_id)
      return undefined
    },
    acceptInvitation: ({ actor, params }) => collaborations.accept(actor, params.track_id, params.user_id),
    getSplits: async ({ actor, params }) => replySplits(await splits.read(actor, params.track_id)),
    proposeSplits: async ({ actor, params, body, headers }) =>
      replySplits(await splits.propose(actor, params.track_id, body, matching(headers))),
    acceptSplits: async ({ actor, params, body }) =>
      replySplits(await splits.accept(actor, params.track_id, body.revision)),
    withdrawSplits: async ({ actor, params, headers }) => {
      await splits.withdraw(actor, params.track_id, matching(headers))
      return undefined
    },
  }
}

const replySplits = (row: SplitsRow) => new Reply(row, { etag: etagOfShown(row) })
