import type { Db } from '../db/client.ts'
import type { EventType } from '../events.ts'
import { addAllToOutbox } from '../outbox.ts'

type Status = 'active' | 'frozen' | 'revoked'

export interface LicenseChange {
  /** `active` is the way back from `frozen` alone: what was revoked stays so. */
  readonly to: Status
  readonly reason: 'refund' | 'dispute' | 'dispute_won' | 'dispute_lost'
  /** All of the order unless said otherwise. */
  readonly itemIds?: readonly string[]
}

const comesFrom: Readonly<Record<Status, readonly Status[]>> = {
  frozen: ['active'],
  revoked: ['active', 'frozen'],
  active: ['frozen'],
}

const tells = {
  frozen: 'license.frozen',
  revoked: 'license.revoked',
  active: 'license.restored',
} as const satisfies Readonly<Record<Status, EventType>>

/** Changes the licences of an order, or of these items of it; those that are so already stay as they are. */
export async function changeLicenses(
  tx: Db,
  orderId: string,
  { to, reason, itemIds }: LicenseChange,
  now: Date,
): Promise<readonly { license_id: string }[]> {
  const changed = await tx<{ license_id: string }[]>`
    with locked as (
      select l.id
      from licenses l
      join order_items i on i.id = l.order_item_id
      where i.order_id = ${orderId} ${itemIds ? tx`and i.id = any(${itemIds}::uuid[])` : tx``}
      order by l.id
      for update of l
    )
    update licenses l
    set status = ${to}, status_reason = ${to === 'active' ? null : reason}, status_at = ${now}, revision = revision + 1
    from locked
    where l.id = locked.id and l.status = any(${comesFrom[to]}::text[])
    returning l.id as license_id
  `
  await addAllToOutbox(tx, tells[to], changed)
  return changed
}
