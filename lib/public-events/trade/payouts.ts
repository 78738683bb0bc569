import * as z from 'zod/mini'
import type { Db } from '../../db/client.ts'
import { payout as payoutView } from '../../payouts/schemas.ts'
import { definePublicEvent } from '../define.ts'

const { id, amount, currency, status, failed_reason, origin, created_at, settled_at } = payoutView.shape
const payout = z.object({ id, amount, currency, status, failed_reason, origin, created_at, settled_at })
const data = z.object({ payout })

type PayoutRow = z.output<typeof payout> & { readonly user_id: string }

async function build(db: Db, { payout_id }: { readonly payout_id: string }) {
  const [row] = await db<[PayoutRow?]>`
    select user_id, id, amount, currency, status, failed_reason, origin, created_at, settled_at
    from payouts
    where id = ${payout_id}
  `
  return row ? [{ account_id: row.user_id, data: { payout: row } }] : []
}

const example = {
  id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9a01',
  amount: 12_450,
  currency: 'eur',
  status: 'in_transit',
  failed_reason: null,
  origin: 'schedule',
  created_at: '2026-12-01T09:00:00.000Z',
  settled_at: null,
} as const

const shared = { version: '2026-12-01', resource: 'payout', data, build } as const

const payoutCreated = definePublicEvent({
  ...shared,
  type: 'payout.created',
  description: 'What you earned is on its way to your bank. To whoever is paid.',
  example: { payout: { ...example, status: 'pending' } },
})

const payoutPaid = definePublicEvent({
  ...shared,
  type: 'payout.paid',
  description: 'A payout has arrived at the bank. To whoever is paid.',
  example: {
    payout: { ...example, status: 'paid', settled_at: '2026-12-03T09:00:00.000Z' },
  },
})

const payoutFailed = definePublicEvent({
  ...shared,
  type: 'payout.failed',
  description: 'A payout did not reach the bank; `failed_reason` says why. To whoever was to be paid.',
  example: {
    payout: { ...example, status: 'failed', failed_reason: 'account_closed' },
  },
})

export const payoutEvents = [payoutCreated, payoutPaid, payoutFailed] as const
