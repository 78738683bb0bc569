import type { Caller } from '../../analytics/clients/client.ts'
import type { VisitorHash } from '../../analytics/clients/visitors.ts'
import type { Actor } from '../../auth/actor.ts'
import { hashToken, randomToken } from '../../auth/one-time-tokens.ts'
import { addToCount } from '../../counts/counts.ts'
import type { Sql } from '../../db/client.ts'
import { AppError } from '../../errors.ts'
import { pageById } from '../../http/id-page.ts'
import type { PageQuery } from '../../http/route.ts'
import { logger } from '../../logger.ts'
import { dayMs, dayOf, later } from '../../time.ts'
import type { StreamService } from '../playback/stream-service.ts'
import { findTrack } from '../whole-track.ts'
import {
  findLiveShare,
  findOwnShare,
  insertClick,
  insertShare,
  isOwnTrack,
  listShares,
  markRevoked,
} from './repository.ts'
import type { CreateShare, Share } from './schemas.ts'

export interface ShareDependencies {
  readonly sql: Sql
  readonly streams: Pick<StreamService, 'issue'>
  readonly hashVisitor: VisitorHash
  /** Of the web application, which shows what a link leads to. */
  readonly appUrl: string
  readonly now?: () => Date
}

export type ShareService = ReturnType<typeof createShareService>

const usualMs = 7 * dayMs
const longestMs = 365 * dayMs

/** Secret links: made and revoked by the owner of a track, followed by whoever holds them. */
export function createShareService(dependencies: ShareDependencies) {
  const { sql, streams, hashVisitor, appUrl, now = () => new Date() } = dependencies

  const get = async (actor: Actor, shareId: string): Promise<Share> => {
    const row = await findOwnShare(sql, shareId, actor.id)
    if (!row) throw new AppError('not_found')
    return row
  }

  /** Nobody waits for a number, and nobody misses a track for one. */
  const countClick = async (shareId: string, { ip, userAgent }: Caller) => {
    const day = dayOf(now())
    const visitor = await hashVisitor(ip, userAgent)
    await sql.begin(async (tx) => {
      if (await insertClick(tx, shareId, day, visitor)) await addToCount(tx, 'click_count', shareId, 1)
    })
  }

  return {
    get,

    async create(actor: Actor, trackId: string, { label, expires_at }: CreateShare) {
      const at = now()
      const token = randomToken()
      const row = {
        track_id: trackId,
        created_by: actor.id,
        token_hash: hashToken(token),
        label: label ?? null,
        expires_at: expiryOf(expires_at, at),
      }
      const id = await insertShare(sql, row, at)
      if (!id) throw new AppError('not_found')
      return { ...(await get(actor, id)), token, url: `${appUrl}/s/${token}` }
    },

    list: (actor: Actor, trackId: string, query: PageQuery) =>
      pageById(`shares:${trackId}`, query, async (before, limit) => {
        if (!(await isOwnTrack(sql, trackId, actor.id))) throw new AppError('not_found')
        return listShares(sql, trackId, { before, limit })
      }),

    async revoke(actor: Actor, shareId: string): Promise<void> {
      if (!(await markRevoked(sql, shareId, actor.id, now()))) throw new AppError('not_found')
    },

    /** The track and all that is needed to play it. Whatever is wrong with a link, there is nothing there. */
    async open(actor: Actor | undefined, token: string, caller: Caller) {
      const at = now()
      const link = await findLiveShare(sql, hashToken(token), at)
      if (!link) throw new AppError('not_found')
      const viewer = { id: actor?.id, share: { id: link.id, at } }
      const track = await findTrack(sql, link.track_id, viewer)
      if (!track?.access.stream) throw new AppError('not_found')
      const stream = await streams.issue(actor, link.track_id, { ...caller, share_token: token })
      await countClick(link.id, caller).catch((error: unknown) => {
        logger.warn('A click on a link was not counted', { error, share_id: link.id })
      })
      return { track, stream, expires_at: link.expires_at }
    },
  }
}

function expiryOf(wanted: Date | null | undefined, now: Date): Date | null {
  if (wanted === undefined) return later(now, usualMs)
  if (wanted && (wanted <= now || wanted > later(now, longestMs))) throw notWithinAYear()
  return wanted
}

const notWithinAYear = () =>
  new AppError('validation_failed', undefined, {
    errors: [
      { pointer: '#/body/expires_at', code: 'out_of_range', detail: 'This must be within the year ahead' },
    ],
  })
