import type { Actor } from '../auth/actor.ts'
import { hashToken, randomToken } from '../auth/one-time-tokens.ts'
import type { Db, Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { pageById } from '../http/id-page.ts'
import type { PageQuery } from '../http/route.ts'
import { addToOutbox, type OutboxRelay } from '../outbox.ts'
import { mustBeUnblocked } from '../relations/standing.ts'
import { dayMs, later } from '../time.ts'
import { findRole, upsertCollaborator } from './collaborators-repository.ts'
import { mustHaveRoom } from './collaborators-service.ts'
import { type CreateInviteLink, mostInviteLinks } from './invite-schemas.ts'
import {
  countInviteLinks,
  countUse,
  deleteInviteLink,
  findOpenInvite,
  insertInviteLink,
  listInviteLinks,
  type OpenInvite,
} from './invites-repository.ts'
import { lockToChange } from './locking.ts'
import { findPlaylist, lockPlaylist } from './repository.ts'
import type { Playlist } from './schemas.ts'

export interface InviteDependencies {
  readonly sql: Sql
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

export type InviteService = ReturnType<typeof createInviteService>

const usualMs = 7 * dayMs
const longestMs = 366 * dayMs

export function createInviteService({ sql, relay, now = () => new Date() }: InviteDependencies) {
  return {
    /** With the token, which is kept nowhere. */
    create: (actor: Actor, playlistId: string, { role, expires_at, max_uses = null }: CreateInviteLink) =>
      sql.begin(async (tx) => {
        await lockToChange(tx, actor, playlistId, { needs: 'manage' })
        const at = now()
        const token = randomToken()
        const link = { playlist_id: playlistId, role, max_uses, expires_at: expiryAt(at, expires_at) }
        if ((await countInviteLinks(tx, playlistId)) >= mostInviteLinks) {
          throw new AppError('too_many_invite_links')
        }
        return { ...(await insertInviteLink(tx, { ...link, token_hash: hashToken(token) }, at)), token }
      }),

    async list(actor: Actor, playlistId: string, query: PageQuery) {
      const playlist = await findPlaylist(sql, playlistId, actor)
      if (!playlist) throw new AppError('not_found')
      if (!playlist.access.manage) throw new AppError('forbidden')
      return pageById(`playlist_invite_links:${playlistId}`, query, (before, limit) =>
        listInviteLinks(sql, playlistId, { before, limit }),
      )
    },

    revoke: (actor: Actor, playlistId: string, linkId: string): Promise<void> =>
      sql.begin(async (tx) => {
        await lockToChange(tx, actor, playlistId, { needs: 'manage' })
        if (!(await deleteInviteLink(tx, playlistId, linkId))) throw new AppError('not_found')
      }),

    /** Again, or as somebody who may do more already, it changes nothing and uses nothing up. */
    async join(actor: Actor, token: string): Promise<Playlist> {
      const hash = hashToken(token)
      const playlist = await sql.begin(async (tx) => {
        const known = await mustFindInvite(tx, hash, now())
        // Before any row is locked, as whoever blocks does.
        await mustBeUnblocked(tx, actor.id, known.owner_id)
        await lockPlaylist(tx, known.playlist_id)
        const invite = await mustFindInvite(tx, hash, now())
        if (invite.owner_id !== known.owner_id) throw unknownLink()
        await takeRole(tx, actor, invite, now())
        return (await findPlaylist(tx, invite.playlist_id, actor))!
      })
      await relay.flushSoon()
      return playlist
    },
  }
}

/** Unless it would give the actor no more than they have. */
async function takeRole(tx: Db, actor: Actor, invite: OpenInvite, now: Date): Promise<void> {
  const { id, playlist_id, owner_id, role, is_used_up } = invite
  if (actor.id === owner_id) return
  const present = await findRole(tx, playlist_id, actor.id)
  if (present === role || present === 'editor') return
  if (is_used_up) throw unknownLink()
  if (present === undefined) {
    await mustHaveRoom(tx, playlist_id)
    const happening = { kind: 'playlist_join', recipient_id: owner_id, actor_id: actor.id } as const
    await addToOutbox(tx, 'notification.add', { ...happening, playlist_id })
  }
  await upsertCollaborator(tx, playlist_id, actor.id, role, now)
  await countUse(tx, id)
}

async function mustFindInvite(tx: Db, tokenHash: Buffer, now: Date): Promise<OpenInvite> {
  const invite = await findOpenInvite(tx, tokenHash, now)
  if (!invite) throw unknownLink()
  return invite
}

const unknownLink = () => new AppError('not_found', 'The link is not known, was used up, or is over')

function expiryAt(now: Date, asked = later(now, usualMs)): Date {
  if (asked > now && asked <= later(now, longestMs)) return asked
  const detail = 'It must be ahead, by a year at most'
  throw new AppError('validation_failed', undefined, {
    errors: [{ pointer: '#/body/expires_at', code: 'out_of_range', detail }],
  })
}
