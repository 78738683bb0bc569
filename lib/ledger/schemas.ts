import * as z from 'zod/mini'
import { id } from '../http/id.ts'
import { page, pageQuery, timestamp } from '../http/route.ts'
import { movementKinds, ownAccounts } from './movements.ts'

const money = z.object({ amount: z.int(), currency: z.string() })

/** One amount a currency; a currency of which there is nothing is left out. */
export const balance = z.object({
  /** Can be paid out; below zero where more was refunded than was there, which is kept of what comes next. */
  available: z.array(money),
  /** Of payments of the last seven days. */
  pending: z.array(money),
  /** Of payments in dispute. */
  held: z.array(money),
  /** Of payouts that Stripe has not taken over yet. */
  in_transit: z.array(money),
})
export type Balance = z.output<typeof balance>

export const ledgerEntry = z.object({
  id: z.uuid(),
  account: z.enum(ownAccounts),
  /** What the account gains. */
  amount: z.int(),
  currency: z.string(),
  kind: z.enum(movementKinds),
  order_id: z.nullable(z.uuid()),
  order_item_id: z.nullable(z.uuid()),
  payout_id: z.nullable(z.uuid()),
  at: timestamp,
})
export type LedgerEntry = z.output<typeof ledgerEntry>

export const ledgerPage = page(ledgerEntry)

export const listEntries = z.strictObject({
  ...pageQuery.shape,
  account: z.optional(z.enum(ownAccounts)),
  kind: z.optional(z.enum(movementKinds)),
  order: z.optional(id),
  from: z.optional(timestamp),
  /** Not included. */
  to: z.optional(timestamp),
})
export type ListEntries = z.output<typeof listEntries>
