import type { Actor } from '../auth/actor.ts'
import type { Sql, Transaction } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { pageById } from '../http/id-page.ts'
import type { PageQuery } from '../http/route.ts'
import { addToOutbox, type OutboxRelay } from '../outbox.ts'
import { mustBeUnblocked } from '../relations/standing.ts'
import { lockOwnTrack } from '../tracks/locks.ts'
import { hasVisibleTrack } from '../tracks/visibility.ts'
import { endUploadOf } from '../uploads/ending.ts'
import { endCollaboration } from './ending.ts'
import { propose, readStanding, type SharedTrack } from './proposing.ts'
import {
  countCollaborators,
  findCollaborator,
  holdUsers,
  insertInvitation,
  listCollaborations,
  listCollaborators,
  listInvitations,
  lockTrackOfPart,
  markAccepted,
  touchTrack,
  updateCollaborator,
} from './repository.ts'
import type { Collaborator, PutCollaborator } from './schemas.ts'
import { isTooMuch, withShare } from './shares.ts'
import type { Share } from './splits-repository.ts'

export interface CollaborationDependencies {
  readonly sql: Sql
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

export type CollaborationService = ReturnType<typeof createCollaborationService>

const mostCollaborators = 50

/** Who works on a track beside its owner, from the invitation to the end. */
export function createCollaborationService(dependencies: CollaborationDependencies) {
  const { sql, relay, now = () => new Date() } = dependencies

  const get = async (trackId: string, userId: string): Promise<Collaborator> => {
    const row = await findCollaborator(sql, trackId, userId)
    if (!row) throw new AppError('not_found')
    return row
  }

  return {
    list: (actor: Actor | undefined, track_id: string, query: PageQuery) =>
      pageById(`collaborators:${track_id}`, query, async (after, limit) => {
        const viewer = { id: actor?.id }
        const rows = await listCollaborators(sql, viewer, { track_id, after, limit })
        if (rows.length === 0 && !(await hasVisibleTrack(sql, viewer, track_id)))
          throw new AppError('not_found')
        return rows
      }),

    /** The invitations of the caller that they have not answered yet. */
    invitations: (actor: Actor, query: PageQuery) =>
      pageById(`invitations:${actor.id}`, query, (before, limit) =>
        listInvitations(sql, { user_id: actor.id, before, limit }),
      ),

    /** The tracks that the caller works on. */
    collaborations: (actor: Actor, query: PageQuery) =>
      pageById(
        `collaborations:${actor.id}`,
        query,
        (before, limit) => listCollaborations(sql, { user_id: actor.id, before, limit }),
        'part_id',
      ),

    /** Invites somebody, or changes what they may do and are named for. */
    async put(actor: Actor, trackId: string, userId: string, body: PutCollaborator): Promise<Collaborator> {
      await sql.begin(async (tx) => {
        await mustBeUnblocked(tx, actor.id, userId)
        const alive = await holdUsers(tx, [actor.id, userId])
        const track = await lockOwnTrack(tx, trackId, actor.id)
        if (!track) throw new AppError('not_found')
        if (userId === track.owner_id) throw new AppError('conflict', 'The owner needs no invitation')
        const part = { track_id: trackId, user_id: userId, ...body }
        const present = await findCollaborator(tx, trackId, userId)
        if (present) await change(tx, part, present)
        else if (alive.includes(userId)) await invite(tx, part, actor)
        else throw new AppError('not_found')
        const { owner_id } = track
        if (body.split_bps !== undefined) {
          const share = { user_id: userId, split_bps: body.split_bps }
          await proposeShare(tx, { track_id: trackId, owner_id }, share)
        }
      })
      await relay.flushSoon()
      return get(trackId, userId)
    },

    /** By the invited one; a second time changes nothing. */
    async accept(actor: Actor, trackId: string, userId: string): Promise<Collaborator> {
      if (userId !== actor.id) throw new AppError('not_found')
      await sql.begin(async (tx) => {
        const track = await lockTrackOfPart(tx, trackId, userId)
        if (!track) throw new AppError('not_found')
        if (!(await markAccepted(tx, { track_id: trackId, user_id: userId }, now()))) return
        await touchTrack(tx, trackId, now())
        const about = { recipient_id: track.owner_id, actor_id: userId, track_id: trackId }
        await addToOutbox(tx, 'notification.add', { kind: 'collaboration_accept', ...about })
      })
      await relay.flushSoon()
      return get(trackId, userId)
    },

    /** By the owner; or by the collaborator, who leaves or declines. */
    remove: (actor: Actor, trackId: string, userId: string): Promise<void> =>
      sql.begin(async (tx) => {
        const track = await lockTrackOfPart(tx, trackId, actor.id)
        const isOwner = track?.owner_id === actor.id
        if (!track || !(isOwner || userId === actor.id)) throw new AppError('not_found')
        const hadPart = await endCollaboration(tx, { track_id: trackId, user_id: userId }, now())
        if (!hadPart && !isOwner) throw new AppError('not_found')
      }),
  }

  type Part = PutCollaborator & { readonly track_id: string; readonly user_id: string }

  async function invite(tx: Transaction, part: Part, { id: actor_id }: Actor) {
    const { track_id, user_id: recipient_id } = part
    if ((await countCollaborators(tx, track_id)) >= mostCollaborators) {
      throw new AppError('too_many_collaborators')
    }
    await insertInvitation(tx, part, now())
    const about = { kind: 'collaboration_invite', recipient_id, actor_id, track_id } as const
    await addToOutbox(tx, 'notification.add', about)
  }

  /** Whoever edits no more has nothing under way from then on. */
  async function change(tx: Transaction, part: Part, present: Collaborator) {
    await updateCollaborator(tx, part)
    if (present.role === 'editor' && part.role !== 'editor') await endUploadOf(tx, part, now())
    if (present.status === 'accepted') await touchTrack(tx, part.track_id, now())
  }

  async function proposeShare(tx: Transaction, track: SharedTrack, share: Share) {
    const standing = await readStanding(tx, track)
    const shares = withShare(standing.proposed ?? standing.held, share)
    if (isTooMuch(shares)) {
      const detail = 'With the shares of the others this is more than the whole'
      const errors = [{ pointer: '#/body/split_bps', code: 'too_big', detail }]
      throw new AppError('validation_failed', undefined, { errors })
    }
    await propose(tx, track, standing, shares, now())
  }
}
