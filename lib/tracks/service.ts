import type { Actor } from '../auth/actor.ts'
import type { Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import type { Confirm } from '../http/etag.ts'
import { requestPreviews } from '../media/analysis/requests.ts'
import { addToOutbox, type OutboxRelay } from '../outbox.ts'
import type { WholeTrackRow } from './columns.ts'
import type { UpdateTrack } from './edit-schemas.ts'
import { type HeldTrack, lockEditableTrack } from './locks.ts'
import { publish } from './publishing.ts'
import { findPublishing, insertTrack, updateTrackFields } from './repository.ts'
import type { CreateTrack } from './schemas.ts'
import { createViewers } from './viewers.ts'
import type { Viewer } from './visibility.ts'
import { findTrack } from './whole-track.ts'

export interface TrackDependencies {
  readonly sql: Sql
  /** Without it a preview is made anew, and a track is told of, only once the outbox is swept. */
  readonly relay?: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

export type TrackService = ReturnType<typeof createTrackService>

export function createTrackService({ sql, relay, now = () => new Date() }: TrackDependencies) {
  const viewerOf = createViewers({ sql, now })

  const find = async (viewer: Viewer, trackId: string): Promise<WholeTrackRow> => {
    const row = await findTrack(sql, trackId, viewer)
    if (!row) throw new AppError('not_found')
    return row
  }

  return {
    /** Whoever holds a secret link of the track sends its token along. */
    get: async (actor: Actor | undefined, trackId: string, shareToken?: string): Promise<WholeTrackRow> =>
      find(await viewerOf(actor, shareToken), trackId),

    /** The address goes on record with the uploader's word that the rights are theirs. */
    async create(actor: Actor, track: CreateTrack, ip: string): Promise<WholeTrackRow> {
      const at = now()
      const publishing = publish({ visibility: 'private', release_at: null }, track, at)
      const row = { ...track, ...publishing, owner_id: actor.id, rights_confirmed_ip: ip }
      const id = await sql.begin(async (tx) => {
        const track_id = await insertTrack(tx, row, at)
        await addToOutbox(tx, 'track.created', { track_id })
        return track_id
      })
      await relay?.flushSoon()
      return find(actor, id)
    },

    async update(actor: Actor, trackId: string, changes: UpdateTrack, confirm: Confirm) {
      await sql.begin(async (tx) => {
        const at = now()
        const row = await lockEditableTrack(tx, trackId, actor.id)
        if (!row) throw new AppError('not_found')
        mustBeAllowed(actor, row, changes)
        confirm(row)
        if (Object.keys(changes).length === 0) return
        const publishing = isPublishing(changes) && publish(await findPublishing(tx, trackId), changes, at)
        await updateTrackFields(tx, trackId, { ...changes, ...publishing }, at)
        if (isOfPreview(changes)) await requestPreviews(tx, trackId, at)
      })
      if (isOfPreview(changes)) await relay?.flushSoon()
      return find(actor, trackId)
    },
  }
}

const isPublishing = ({ visibility, release_at }: UpdateTrack) =>
  visibility !== undefined || release_at !== undefined

const isOfPreview = ({ preview_start_ms, preview_duration_ms, is_preview_tagged }: UpdateTrack) =>
  [preview_start_ms, preview_duration_ms, is_preview_tagged].some((field) => field !== undefined)

/** Others who work on a track change what is said of it, not who sees it. */
function mustBeAllowed(actor: Actor, { owner_id }: HeldTrack, changes: UpdateTrack): void {
  if (isPublishing(changes) && owner_id !== actor.id) throw new AppError('forbidden')
}
