import type { Db } from '../../db/client.ts'
import { leastOf } from '../../plays/counting.ts'
import { findPlayedVersion, type NewPlay, recordPlay } from '../../plays/recording.ts'
import type { FoldedListen } from './folding.ts'
import type { MessagePlay } from './message.ts'

/**
 * Makes plays of the listens that have become long enough, and adds to those that were: by the one way to a play, so
 * that what the stream server has reported before, or reports later, is the same play.
 */
export async function recordPlaysOf(
  tx: Db,
  listens: readonly FoldedListen[],
  plays: ReadonlyMap<string, MessagePlay>,
  now: Date,
): Promise<void> {
  const enough = listens.filter(
    ({ is_play, listened_ms, duration_ms }) => is_play || listened_ms >= leastOf(duration_ms),
  )
  // In one order, so that two batches cannot wait for each other in a ring.
  const ordered = enough.toSorted(
    (one, other) => compare(one.track_id, other.track_id) || compare(one.id, other.id),
  )
  for (const listen of ordered) await recordPlayOf(tx, listen, plays.get(listen.id)!, now)
}

async function recordPlayOf(tx: Db, listen: FoldedListen, play: MessagePlay, now: Date) {
  const share = play.share_id === undefined ? undefined : { id: play.share_id, at: now }
  const version = await findPlayedVersion(tx, toIssued(play), { id: play.user_id, share })
  // Whoever may not see the track any more has not played it.
  if (version) await recordPlay(tx, toNewPlay(listen, play), version, now)
}

const toIssued = ({ user_id, visitor, share_id, client, ...play }: MessagePlay) => ({
  ...play,
  user_id,
  visitor,
  share_id,
  client,
})

const toNewPlay = (listen: FoldedListen, play: MessagePlay): NewPlay => ({
  ...toIssued(play),
  owner_id: listen.owner_id,
  started_at: listen.started_at,
  listened_ms: listen.listened_ms,
  is_complete: listen.is_complete,
  is_anonymous: listen.is_anonymous,
  filtered: listen.filtered ?? undefined,
  source: listen.source ?? undefined,
  country: listen.country ?? play.client?.country,
  device: listen.device ?? play.client?.device,
})

const compare = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0)
