import type { NotificationRow } from '../notifications/mailing.ts'
import { compose, type Link } from './letter.ts'
import { lineOf } from './notification-lines.ts'
import { type Addressee, byChoice } from './trade-parts.ts'

const toNotifications = (appUrl: string): Link => ({
  label: 'Open my notifications',
  url: `${appUrl}/notifications`,
})

const waits = 'It waits for an answer of yours.'
const isSafe = 'You find there what was decided, and what you can do about it.'

/** What follows from it; of these kinds alone a letter is sent at once. */
const more: Partial<Readonly<Record<NotificationRow['kind'], string>>> = {
  collaboration_invite: waits,
  playlist_invite: 'You can add to it, or leave it.',
  split_change: waits,
  moderation: isSafe,
  version_withdrawn:
    'It can no longer be played or fetched; the track is silent if it had no other version. Whoever uploaded the file was told what was found.',
  version_reinstated: 'There is nothing to do.',
}

/** Of one thing, at once. */
export function notificationLetter({ username, appUrl }: Addressee, row: NotificationRow) {
  const line = lineOf(row)
  return compose({
    subject: line.replace(/\.$/, ''),
    username,
    paragraphs: [[line, more[row.kind]].filter(Boolean).join(' ')],
    action: toThing(appUrl, row),
    closing: byChoice,
  })
}

function toThing(appUrl: string, { kind, track, playlist }: NotificationRow): Link {
  if (kind === 'playlist_invite' && playlist) {
    return { label: 'Open the playlist', url: `${appUrl}/playlists/${playlist.id}` }
  }
  if ((kind === 'collaboration_invite' || kind === 'split_change') && track) {
    return { label: 'Open the track', url: `${appUrl}/tracks/${track.id}` }
  }
  return toNotifications(appUrl)
}

const mostLines = 20

/** Of all that has gathered, the latest first. */
export function digestLetter({ username, appUrl }: Addressee, rows: readonly NotificationRow[]) {
  const shown = rows.slice(0, mostLines).map(lineOf)
  const left = rows.length - shown.length
  const [only] = shown
  return compose({
    subject: rows.length === 1 ? only!.replace(/\.$/, '') : `${rows.length} things that you may have missed`,
    username,
    paragraphs: [
      'This happened on Veza while you were away.',
      ...shown,
      ...(left > 0 ? [`And ${left} more.`] : []),
    ],
    action: toNotifications(appUrl),
    closing: byChoice,
  })
}
