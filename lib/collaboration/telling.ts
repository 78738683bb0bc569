import type { Db } from '../db/client.ts'
import type { Happening } from '../notifications/kinds.ts'
import { addToOutbox } from '../outbox.ts'

type About = Pick<Happening, 'kind'> & { readonly track_id: string; readonly actor_id: string }

/** Tells the owner of a track and whoever works on it what one of them did. */
export async function tellTeam(tx: Db, about: About): Promise<void> {
  const team = await tx<{ id: string }[]>`
    select owner_id as id from tracks where id = ${about.track_id}
    union
    select user_id from track_collaborators where track_id = ${about.track_id} and status = 'accepted'
  `
  await tellEach(
    tx,
    team.map(({ id }) => id),
    about,
  )
}

export async function tellEach(tx: Db, recipients: readonly string[], about: About): Promise<void> {
  for (const recipient_id of recipients) {
    if (recipient_id !== about.actor_id) await addToOutbox(tx, 'notification.add', { recipient_id, ...about })
  }
}
