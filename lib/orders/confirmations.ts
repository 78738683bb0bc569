import { createHash, randomBytes } from 'node:crypto'
import type { Db } from '../db/client.ts'
import { type Sweep, sweep } from '../db/sweep.ts'
import { later, minuteMs } from '../time.ts'
import type { Wanted } from './schemas.ts'

const lifetimeMs = 15 * minuteMs

/** What a buyer sends back who means to order the same once more: good for these items, for a quarter of an hour, once. */
export async function issueConfirmation(tx: Db, buyerId: string, items: readonly Wanted[], now: Date) {
  const token = randomBytes(24).toString('base64url')
  await tx`
    insert into order_confirmations (token_hash, buyer_id, items_hash, expires_at)
    values (${hash(token)}, ${buyerId}, ${hashOf(items)}, ${later(now, lifetimeMs)})
  `
  return token
}

export async function spendConfirmation(
  tx: Db,
  token: string,
  buyerId: string,
  items: readonly Wanted[],
  now: Date,
): Promise<boolean> {
  const { count } = await tx`
    delete from order_confirmations
    where token_hash = ${hash(token)} and buyer_id = ${buyerId} and items_hash = ${hashOf(items)}
      and expires_at > ${now}
  `
  return count === 1
}

export const deleteOldConfirmations = (db: Db, now: Date): Promise<number> =>
  sweep(db, {
    table: 'order_confirmations',
    key: 'token_hash',
    isOver: db`expires_at <= ${now}`,
  } satisfies Sweep)

const hash = (text: string) => createHash('sha256').update(text).digest()

const hashOf = (items: readonly Wanted[]) => {
  const names = items.map(({ tier_id, price_amount }) =>
    price_amount === undefined ? tier_id : `${tier_id} ${price_amount}`,
  )
  return hash(JSON.stringify(names.sort()))
}
