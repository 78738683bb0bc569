import type { DisputeService } from '../../lib/disputes/service.ts'
import type { Handlers } from '../../lib/http/route.ts'
import type { disputeRoutes } from './dispute-routes.ts'

export function createDisputeHandlers(disputes: DisputeService): Handlers<typeof disputeRoutes> {
  return {
    listDisputes: ({ actor, query }) => disputes.list(actor, query),
    getDispute: ({ actor, params }) => disputes.get(actor, params.dispute_id),
  }
}
