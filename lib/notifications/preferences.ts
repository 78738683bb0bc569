import * as z from 'zod/mini'
import { type NotificationKind, notificationKinds } from './kinds.ts'

/** By which ways a user is told of a kind. */
const channels = z.object({ in_app: z.boolean(), email: z.boolean() })

const ofEachKind = <T>(make: (kind: NotificationKind) => T) =>
  Object.fromEntries(notificationKinds.map((kind) => [kind, make(kind)])) as Record<NotificationKind, T>

export const preferences = z
  .object(ofEachKind(() => channels))
  .check(z.meta({ id: 'NotificationPreferences' }))

export const updatePreferences = z.strictObject(
  ofEachKind(() => z.optional(z.strictObject(z.partial(channels).shape))),
)

export type Preferences = z.output<typeof preferences>
export type UpdatePreferences = z.output<typeof updatePreferences>

/** A mail for what waits for an answer of the user, for what was said to them, and where it is about money or safety. */
const mailed: ReadonlySet<NotificationKind> = new Set<NotificationKind>([
  'comment',
  'comment_reply',
  'mention',
  'collaboration_invite',
  'playlist_invite',
  'split_change',
  'moderation',
  'version_withdrawn',
  'version_reinstated',
  'sale',
  'refund',
  'payout',
  'exclusive_sold',
  'offer',
  'webhook',
])

/** Of a user who has not chosen; what was chosen is all that is stored. */
export const defaultPreferences: Preferences = ofEachKind((kind) => ({
  in_app: true,
  email: mailed.has(kind),
}))

export const withDefaults = (choices: UpdatePreferences): Preferences =>
  ofEachKind((kind) => ({
    in_app: choices[kind]?.in_app ?? defaultPreferences[kind].in_app,
    email: choices[kind]?.email ?? defaultPreferences[kind].email,
  }))

/** Only the channels that are named change. */
export function mergeChoices(choices: UpdatePreferences, changes: UpdatePreferences): UpdatePreferences {
  const merged = notificationKinds
    .map((kind) => [kind, { ...choices[kind], ...changes[kind] }] as const)
    .filter(([, choice]) => Object.keys(choice).length > 0)
  return Object.fromEntries(merged)
}
