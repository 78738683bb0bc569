import { type NotificationKind, notificationKinds } from './kinds.ts'
import { gatheredKinds } from './mail-ways.ts'

/** What the link of a mail switches off: the one kind that it is about, or all that comes in digests. */
export type MailScope = NotificationKind | 'digest'

const scopes: ReadonlySet<string> = new Set<MailScope>([...notificationKinds, 'digest'])

export const isMailScope = (text: string): text is MailScope => scopes.has(text)

export const kindsOf = (scope: MailScope): readonly NotificationKind[] =>
  scope === 'digest' ? gatheredKinds : [scope]
