import * as z from 'zod/mini'
import type { Db } from '../../db/client.ts'
import { timestamp } from '../../http/route.ts'
import { isUnblocked, isUnmuted } from '../../relations/hiding.ts'
import { person, personOf } from '../../users/person.ts'
import { showsLikes } from '../../users/visibility.ts'
import { definePublicEvent } from '../define.ts'
import { exampleTrack } from './track-data.ts'

const data = z.object({
  track: z.object({ id: z.uuid(), title: z.string() }),
  /** Null where they keep what they like to themselves. */
  user: z.nullable(person),
  liked_at: timestamp,
})
type Data = z.output<typeof data>

interface Like {
  readonly track_id: string
  readonly user_id: string
}

async function findOwner(db: Db, trackId: string): Promise<string | undefined> {
  const [row] = await db<[{ owner_id: string }?]>`
    select owner_id from tracks where id = ${trackId} and deleted_at is null
  `
  return row?.owner_id
}

/** As the owner of the track sees it. */
async function findLike(db: Db, { track_id, user_id }: Like, ownerId: string): Promise<Data | undefined> {
  const [row] = await db<[Data?]>`
    select
      json_build_object('id', t.id, 'title', t.title) as track,
      case when u.id = ${ownerId} or ${showsLikes(db)} then ${personOf(db, 'u')} end as user,
      l.created_at as liked_at
    from track_likes l
    join tracks t on t.id = l.track_id
    join users u on u.id = l.user_id
    where l.track_id = ${track_id} and l.user_id = ${user_id} and u.deletes_at is null and u.deleted_at is null
      and ${isUnblocked(db, ownerId, db`u.id`)} and ${isUnmuted(db, ownerId, db`u.id`)}
  `
  return row
}

const likeCreated = definePublicEvent({
  type: 'like.created',
  version: '2026-12-01',
  description:
    'Somebody liked a track, within a minute or so. Nobody is told of a like that was taken back since, nor of somebody whom they have muted or blocked. To the owner of the track.',
  resource: 'track',
  data,
  example: {
    track: { id: exampleTrack.id, title: exampleTrack.title },
    user: { id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9b06', username: 'ben', display_name: 'Ben' },
    liked_at: '2026-12-01T09:00:00.000Z',
  },
  build: async (db, like) => {
    const account_id = await findOwner(db, like.track_id)
    const found = account_id && (await findLike(db, like, account_id))
    return found ? [{ account_id, data: found }] : []
  },
})

export const likeEvents = [likeCreated] as const
