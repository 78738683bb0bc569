import * as z from 'zod/mini'
import { page, pageQuery, timestamp } from '../http/route.ts'
import { person } from '../users/person.ts'
import { notificationKinds } from './kinds.ts'

const named = z.object({ id: z.uuid(), title: z.string() })

export const notification = z
  .object({
    id: z.uuid(),
    kind: z.enum(notificationKinds),
    /** The newest three of those who did it. */
    actors: z.array(person),
    actor_count: z.int(),
    /** What it is about, as long as the reader may see it. */
    track: z.optional(named),
    playlist: z.optional(named),
    comment: z.optional(z.object({ id: z.uuid() })),
    order: z.optional(z.object({ id: z.uuid(), number: z.nullable(z.int()) })),
    payout: z.optional(z.object({ id: z.uuid(), status: z.string(), amount: z.int(), currency: z.string() })),
    offer: z.optional(z.object({ id: z.uuid(), status: z.string(), amount: z.int(), currency: z.string() })),
    endpoint: z.optional(z.object({ id: z.uuid(), url: z.string(), status: z.string() })),
    is_read: z.boolean(),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .check(z.meta({ id: 'Notification' }))
export type Notification = z.output<typeof notification>

export const notificationPage = page(notification)

export const listNotifications = z.extend(pageQuery, {
  unread_only: z._default(z.stringbool(), false),
})
export type ListNotifications = z.output<typeof listNotifications>

/** Which were seen: these, or all that had changed by then, or simply all. */
export const markRead = z
  .strictObject({
    ids: z.optional(z.array(z.uuid()).check(z.minLength(1), z.maxLength(100))),
    up_to: z.optional(timestamp),
    all: z.optional(z.literal(true)),
  })
  .check(
    z.refine((body) => Object.values(body).filter((value) => value !== undefined).length === 1, {
      error: 'Name one of ids, up_to and all',
    }),
  )
export type MarkRead = z.output<typeof markRead>

export const unreadCount = z.object({
  /** 1000 means so many or more. */
  unread_count: z.int(),
})

export const unsubscribe = z.strictObject({ token: z.string().check(z.minLength(1), z.maxLength(200)) })

/** Of which kinds no mails are sent any more, as the preferences say from now on. */
export const unsubscribed = z.object({ kinds: z.array(z.enum(notificationKinds)) })

export const mutedTrackParams = z.strictObject({ track_id: z.uuid() })

const mutedTrack = z.object({ track: named, muted_at: timestamp }).check(z.meta({ id: 'MutedTrack' }))
export type MutedTrack = z.output<typeof mutedTrack>

export const mutedTrackPage = page(mutedTrack)
