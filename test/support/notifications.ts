import { randomBytes } from 'node:crypto'
import { createNotificationHandlers } from '../../functions/social/notification-handlers.ts'
import { notificationRoutes } from '../../functions/social/notification-routes.ts'
import type { Actor } from '../../lib/auth/actor.ts'
import type { Sql } from '../../lib/db/client.ts'
import { createApi } from '../../lib/http/api.ts'
import { createDelivery } from '../../lib/notifications/delivery.ts'
import type { Happening } from '../../lib/notifications/kinds.ts'
import { createNotificationService } from '../../lib/notifications/service.ts'
import { createClock } from './accounts.ts'
import { type CallOptions, call, unlimited } from './api.ts'
import { seedActor } from './tracks.ts'

/** An id of the outbox: later ones are greater. */
export function nextEventId() {
  count += 1
  const ms = (start + count).toString(16).padStart(12, '0')
  return `${ms.slice(0, 8)}-${ms.slice(8)}-7000-8000-${randomBytes(6).toString('hex')}`
}
const start = Date.now()
let count = 0

type Told = Omit<Happening, 'actor_id' | 'recipient_id'>

/** Delivers as the jobs worker does. */
export const createTelling = (sql: Sql, now?: () => Date) => {
  const deliver = createDelivery({ sql, ...(now && { now }) })
  return (to: Pick<Actor, 'id'>, by: Pick<Actor, 'id'> | null, told: Told, eventId = nextEventId()) =>
    deliver({ ...told, recipient_id: to.id, actor_id: by?.id ?? null }, eventId)
}

/** People who are told of each other, and read it by the routes. */
export function createNotificationWorld(sql: Sql) {
  const clock = createClock()
  const tell = createTelling(sql, clock.now)
  const handler = createApi(
    notificationRoutes,
    createNotificationHandlers(createNotificationService({ sql, now: clock.now })),
    { service: 'social', corsOrigins: [], takeCall: unlimited },
  )
  const get = (actor: Actor, query: CallOptions['query'] = {}) =>
    call(handler, notificationRoutes.listNotifications, { actor, query })
  const people = (count: number) => Promise.all(Array.from({ length: count }, () => seedActor(sql)))

  const seedTrack = async (owner: Actor, fields: Readonly<Record<string, unknown>> = {}) => {
    const [track] = await sql<[{ id: string; title: string }]>`
      insert into tracks ${sql({
        owner_id: owner.id,
        title: 'Low Tide',
        rights_confirmed_at: new Date(),
        visibility: 'public',
        status: 'ready',
        ...fields,
      })}
      returning id, title
    `
    return track
  }

  const setUp = async (listeners = 5) => {
    const [ada, ...others] = await people(listeners + 1)
    const track = await seedTrack(ada!)
    const like = (by: Actor, eventId?: string) =>
      tell(ada!, by, { kind: 'track_like', track_id: track.id }, eventId)
    return { ada: ada!, others: others as Awaited<ReturnType<typeof seedActor>>[], track, like }
  }

  return {
    clock,
    tell,
    handler,
    get,
    people,
    seedTrack,
    setUp,
    listOf: async (actor: Actor, query: CallOptions['query'] = {}) => (await get(actor, query)).body.data,
    unreadOf: async (actor: Actor) =>
      (await call(handler, notificationRoutes.countUnreadNotifications, { actor })).body.unread_count,
    read: (actor: Actor, body: object) =>
      call(handler, notificationRoutes.markNotificationsRead, { actor, body }),
    /** A moment later, so that what comes next is told of later. */
    wait: (seconds = 1) => clock.advance(seconds),
  }
}
