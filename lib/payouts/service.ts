import type { Actor } from '../auth/actor.ts'
import type { ObjectStore } from '../aws/object-store.ts'
import type { Db, Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { pageById } from '../http/id-page.ts'
import type { PageQuery } from '../http/route.ts'
import type { OutboxRelay } from '../outbox.ts'
import { canBePaidOut } from '../sellers/standing.ts'
import { later, minuteMs } from '../time.ts'
import { openPayout } from './opening.ts'
import { findOwnPayout, findStatementKey, listOwnPayouts } from './repository.ts'
import type { Payout, RequestPayout, StatementLink } from './schemas.ts'

export interface PayoutDependencies {
  readonly sql: Sql
  readonly exports: Pick<ObjectStore, 'presignGet'>
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

export type PayoutService = ReturnType<typeof createPayoutService>

const linkMs = 15 * minuteMs

/** What somebody who earns asks for of their money, and reads of what they got. */
export function createPayoutService({ sql, exports, relay, now = () => new Date() }: PayoutDependencies) {
  return {
    async request({ id: user_id }: Actor, { currency, amount }: RequestPayout): Promise<Payout> {
      if (!(await canBePaidOut(sql, user_id))) throw new AppError('onboarding_required')
      const wish = { user_id, amount, origin: 'seller' } as const
      const chosen = currency ?? (await findOnlyCurrency(sql, user_id))
      const payout = await sql.begin((tx) => openPayout(tx, { ...wish, currency: chosen }, now()))
      await relay.flushSoon()
      return payout
    },

    list: ({ id }: Actor, query: PageQuery) =>
      pageById(`payouts:${id}`, query, (before, limit) => listOwnPayouts(sql, id, before, limit)),

    async get({ id }: Actor, payoutId: string): Promise<Payout> {
      const payout = await findOwnPayout(sql, payoutId, id)
      if (!payout) throw new AppError('not_found')
      return payout
    },

    /** The statement is there before the money goes; until then, as for others, there is none. */
    async linkStatement({ id }: Actor, payoutId: string): Promise<StatementLink> {
      const key = await findStatementKey(sql, payoutId, id)
      if (key === undefined) throw new AppError('not_found')
      const filename = `veza-statement-${payoutId}.csv`
      const expires_at = later(now(), linkMs)
      return { url: await exports.presignGet(key, linkMs / 1_000, { filename }), expires_at }
    },
  }
}

async function findOnlyCurrency(db: Db, userId: string): Promise<string> {
  const rows = await db<{ currency: string }[]>`
    select currency from balances where user_id = ${userId} and available > 0 limit 2
  `
  if (rows.length === 0) throw new AppError('payout_too_small')
  if (rows.length > 1) {
    const detail = 'There is money of several currencies'
    throw new AppError('validation_failed', undefined, {
      errors: [{ pointer: '#/body/currency', code: 'required', detail }],
    })
  }
  return rows[0]!.currency
}
