import * as z from 'zod/mini'
import type { Db } from '../../db/client.ts'
import { timestamp } from '../../http/route.ts'
import { definePublicEvent } from '../define.ts'
import {
  examplePlaying,
  exampleTrack,
  exampleVersion,
  findPlayable,
  findTrack,
  listTeam,
  track,
  version,
} from './track-data.ts'

const shared = { version: '2026-12-01', resource: 'track' } as const

const trackCreated = definePublicEvent({
  ...shared,
  type: 'track.created',
  description: 'You made a track; nobody else sees it before it plays. To its owner.',
  data: z.object({ track }),
  example: { track: exampleTrack },
  build: async (db, { track_id }) => {
    const found = await findTrack(db, track_id)
    return found ? [{ account_id: found.owner.id, data: { track: found } }] : []
  },
})

const trackReady = definePublicEvent({
  ...shared,
  type: 'track.ready',
  description:
    'A version of a track can be played: it came through the pipeline, or it can be again, as it was found clean after all or its track was restored. Whether it is the one that plays, `is_current` says. To the owner and the editors of the track.',
  data: z.object({ track, version }),
  example: { track: examplePlaying, version: exampleVersion },
  build: async (db, { track_id, version_id }) => {
    const data = await findBoth(db, track_id, version_id)
    return data ? forEach(await listTeam(db, track_id, { onlyEditors: true }), data) : []
  },
})

const trackVersionPublished = definePublicEvent({
  ...shared,
  type: 'track.version_published',
  description:
    'Whoever plays a track hears this version from now on, the first one or another. Nobody is told of one that was replaced again since. To the owner and all who work on the track.',
  data: z.object({ track, version }),
  example: { track: examplePlaying, version: exampleVersion },
  build: async (db, { track_id, version_id }) => {
    const data = await findBoth(db, track_id, version_id)
    return data?.version.is_current ? forEach(await listTeam(db, track_id), data) : []
  },
})

const deleted = z.object({
  id: z.uuid(),
  /** Both null once nothing is left of it. */
  deleted_at: z.nullable(timestamp),
  /** Until then its owner can restore it. */
  purges_at: z.nullable(timestamp),
})

type Deletion = Pick<z.output<typeof deleted>, 'deleted_at' | 'purges_at'>

const trackDeleted = definePublicEvent({
  ...shared,
  type: 'track.deleted',
  description:
    'A track was deleted by its owner, or with the account of its owner. Nobody is told of one that was restored since; what moderators hide is not deleted. To the owner and all who worked on it.',
  data: z.object({ track: deleted }),
  example: {
    track: {
      id: exampleTrack.id,
      deleted_at: '2026-12-01T09:00:00.000Z',
      purges_at: '2026-12-31T09:00:00.000Z',
    },
  },
  build: async (db, { track_id: id, account_ids }) => {
    const deletion = await findDeletion(db, id)
    if (deletion?.deleted_at === null) return []
    return forEach(account_ids, { track: { id, ...(deletion ?? nothingLeft) } })
  },
})

async function findBoth(db: Db, trackId: string, versionId: string) {
  const found = await findTrack(db, trackId)
  const playable = found && (await findPlayable(db, versionId))
  return playable && { track: found, version: playable }
}

const nothingLeft: Deletion = { deleted_at: null, purges_at: null }

/** Undefined once nothing is left of it. */
async function findDeletion(db: Db, trackId: string): Promise<Deletion | undefined> {
  const [row] = await db<[Deletion?]>`select deleted_at, purges_at from tracks where id = ${trackId}`
  return row
}

const forEach = <D>(accounts: readonly string[], data: D) =>
  accounts.map((account_id) => ({ account_id, data }))

export const trackEvents = [trackCreated, trackReady, trackVersionPublished, trackDeleted] as const
