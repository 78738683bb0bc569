import type { Handlers } from '../../lib/http/route.ts'
import { listEventTypes } from '../../lib/public-events/described.ts'
import type { EventReading } from '../../lib/public-events/reading.ts'
import type { eventRoutes } from './event-routes.ts'

export function createEventHandlers(events: EventReading): Handlers<typeof eventRoutes> {
  let types: ReturnType<typeof listEventTypes> | undefined
  return {
    listEventTypes: async () => {
      types ??= listEventTypes()
      return types
    },
    listEvents: ({ actor, query }) => events.list(actor, query),
  }
}
