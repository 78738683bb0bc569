import type { Actor } from '../auth/actor.ts'
import type { Db, Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { pageById } from '../http/id-page.ts'
import type { PageQuery } from '../http/route.ts'
import { addToOutbox, type OutboxRelay } from '../outbox.ts'
import { mustBeUnblocked } from '../relations/standing.ts'
import { mostCollaborators, type PlaylistRole } from './collaborator-schemas.ts'
import {
  countCollaborators,
  deleteCollaborator,
  findPart,
  findRole,
  isPresent,
  listCollaborators,
  updateOwner,
  upsertCollaborator,
} from './collaborators-repository.ts'
import { lockToChange } from './locking.ts'
import { deleteReaction } from './reactions-repository.ts'
import { findPlaylist, lockPlaylist } from './repository.ts'
import type { Playlist } from './schemas.ts'
import { tellOfUpdate } from './telling.ts'
import { endBarredTies } from './ties.ts'

export interface CollaboratorDependencies {
  readonly sql: Sql
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

export type CollaboratorService = ReturnType<typeof createCollaboratorService>

export function createCollaboratorService({ sql, relay, now = () => new Date() }: CollaboratorDependencies) {
  /** The role is theirs at once; whoever does not want it leaves. */
  const letIn = async (tx: Db, playlist: Playlist, userId: string, role: 'editor' | 'viewer') => {
    if (!(await isPresent(tx, userId))) throw new AppError('not_found')
    const isNew = (await findRole(tx, playlist.id, userId)) === undefined
    if (isNew) await mustHaveRoom(tx, playlist.id)
    await upsertCollaborator(tx, playlist.id, userId, role, now())
    if (!isNew) return
    const happening = { kind: 'playlist_invite', recipient_id: userId, actor_id: playlist.owner.id } as const
    await addToOutbox(tx, 'notification.add', { ...happening, playlist_id: playlist.id })
  }

  const handOver = async (tx: Db, playlist: Playlist, userId: string) => {
    if ((await findRole(tx, playlist.id, userId)) === undefined) {
      throw new AppError('conflict', 'Only a collaborator can become the owner')
    }
    await deleteCollaborator(tx, playlist.id, userId)
    await upsertCollaborator(tx, playlist.id, playlist.owner.id, 'editor', now())
    await updateOwner(tx, playlist.id, userId, now())
    await tellOfUpdate(tx, playlist.id)
    await deleteReaction(tx, 'follow', playlist.id, userId)
    await endBarredTies(tx, playlist.id, userId)
  }

  return {
    async list(actor: Actor, playlistId: string, query: PageQuery) {
      const part = await findPart(sql, playlistId, actor)
      if (!part) throw new AppError('not_found')
      if (part.role === null) throw new AppError('forbidden')
      return pageById(`playlist_collaborators:${playlistId}`, query, (after, limit) =>
        listCollaborators(sql, actor, playlistId, { after, limit }),
      )
    },

    async put(actor: Actor, playlistId: string, userId: string, role: PlaylistRole): Promise<void> {
      await sql.begin(async (tx) => {
        // Before any row is locked, as whoever blocks does.
        await mustBeUnblocked(tx, actor.id, userId)
        const playlist = await lockToChange(tx, actor, playlistId, { needs: 'manage' })
        const isOwner = userId === playlist.owner.id
        if (isOwner && role !== 'owner') throw new AppError('conflict', 'Make somebody else the owner first')
        if (isOwner) return
        await (role === 'owner' ? handOver(tx, playlist, userId) : letIn(tx, playlist, userId, role))
      })
      await relay.flushSoon()
    },

    /** By the owner, or whoever leaves. */
    remove: (actor: Actor, playlistId: string, userId: string): Promise<void> =>
      sql.begin(async (tx) => {
        await lockPlaylist(tx, playlistId)
        const playlist = await findPlaylist(tx, playlistId, actor)
        if (!playlist) throw new AppError('not_found')
        if (!playlist.access.manage && userId !== actor.id) throw new AppError('forbidden')
        if (userId === playlist.owner.id) throw new AppError('conflict', 'Make somebody else the owner first')
        await deleteCollaborator(tx, playlistId, userId)
      }),
  }
}

/** While the playlist is locked. */
export async function mustHaveRoom(tx: Db, playlistId: string): Promise<void> {
  if ((await countCollaborators(tx, playlistId)) >= mostCollaborators) {
    throw new AppError('too_many_collaborators')
  }
}
