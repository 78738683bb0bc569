import type { NotificationKind } from '../notifications/kinds.ts'
import type { NotificationRow } from '../notifications/mailing.ts'

type Line = (who: string, row: NotificationRow) => string

const named = ({ track, playlist }: NotificationRow) => {
  const { title } = track ?? playlist ?? {}
  return title === undefined ? 'something' : `"${title}"`
}

/** What happened, in a sentence. Names are those that nobody else can have, and of a comment nothing is repeated. */
const lines: Readonly<Record<NotificationKind, Line>> = {
  follow: (who) => `${who} followed you.`,
  track_like: (who, row) => `${who} liked your track ${named(row)}.`,
  track_repost: (who, row) => `${who} reposted your track ${named(row)}.`,
  comment: (who, row) => `${who} commented on your track ${named(row)}.`,
  comment_reply: (who, row) => `${who} answered a comment of yours on ${named(row)}.`,
  comment_like: (who, row) => `${who} liked a comment of yours on ${named(row)}.`,
  mention: (who, row) => `${who} mentioned you in a comment on ${named(row)}.`,
  collaboration_invite: (who, row) => `${who} invited you to work on the track ${named(row)}.`,
  collaboration_accept: (who, row) => `${who} agreed to work on your track ${named(row)}.`,
  split_change: (who, row) => `${who} proposed how to share what ${named(row)} earns.`,
  new_version: (who, row) => `${who} published a new version of ${named(row)}.`,
  playlist_invite: (who, row) => `${who} invited you to the playlist ${named(row)}.`,
  playlist_join: (who, row) => `${who} joined your playlist ${named(row)}.`,
  playlist_like: (who, row) => `${who} liked your playlist ${named(row)}.`,
  playlist_follow: (who, row) => `${who} followed your playlist ${named(row)}.`,
  report_resolved: () => 'Something that you reported was looked at, and decided on.',
  moderation: (_who, row) =>
    row.track
      ? `Our moderators decided on something of yours on the track ${named(row)}.`
      : 'Our moderators decided on something of yours.',
  version_withdrawn: (_who, row) =>
    `Something harmful was found in a file of ${named(row)}, which was taken out.`,
  version_reinstated: (_who, row) =>
    `A file of ${named(row)} that had been taken out was found clean, and is back.`,
  sale: () => 'Something that you earn by was sold.',
  refund: () => 'Money went back to who had paid it.',
  payout: () => 'There is news of a payout of yours.',
  exclusive_sold: (_who, row) => `The exclusive licence of ${named(row)} was sold.`,
  offer: () => 'There is news of an offer.',
  webhook: () => 'There is news of a webhook endpoint of yours.',
  mail_trouble: () => 'Mail did not reach the address that you had.',
}

export const lineOf = (row: NotificationRow) => lines[row.kind](whoIn(row), row)

/** `ada`, `ada and ben`, `ada and 4 others`. */
function whoIn({ actors, actor_count }: NotificationRow): string {
  const [first, second] = actors
  if (!first) return 'Somebody'
  if (actor_count <= 1) return first.username
  if (actor_count === 2 && second) return `${first.username} and ${second.username}`
  return `${first.username} and ${actor_count - 1} others`
}
