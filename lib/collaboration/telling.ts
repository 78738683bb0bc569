import type { Db } from '../db/client.ts'
import type { Happening } from '../notifications/kinds.ts'
import { addToOutbox } from '../outbox.ts'

type About = Pick<Happening, 'kind'> & {
  readonly track_id: string
  /** Null where it was nobody in particular. */
  readonly actor_id: string | null
}

/** Tells the owner of a track and whoever works on it what one of them did. */
export async function tellTeam(tx: Db, about: About): Promise<void> {
  await tellEach(tx, await teamOf(tx, about.track_id), about)
}

/** The owner of a track and whoever works on it. */
export async function teamOf(tx: Db, trackId: string): Promise<string[]> {
  const team = await tx<{ id: string }[]>`
    select owner_id as id from tracks where id = ${trackId}
    union
    select user_id from track_collaborators where track_id = ${trackId} and status = 'accepted'
  `
  return team.map(({ id }) => id)
}

export async function tellEach(tx: Db, recipients: readonly string[], about: About): Promise<void> {
  for (const recipient_id of recipients) {
    if (recipient_id !== about.actor_id) await addToOutbox(tx, 'notification.add', { recipient_id, ...about })
  }
}
