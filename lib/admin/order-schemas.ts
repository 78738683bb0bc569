import * as z from 'zod/mini'
import { moment, page, pageQuery, timestamp } from '../http/route.ts'
import { movementKinds, ownAccounts, sharedAccounts } from '../ledger/movements.ts'
import { orderStatus } from '../orders/schemas.ts'
import { person } from '../users/person.ts'
import { who } from '../users/who.ts'

/** What whoever runs the platform sees of an order, with what it goes by at Stripe. */
export const adminOrder = z
  .object({
    id: z.uuid(),
    /** Null until it is paid. */
    number: z.nullable(z.int()),
    status: orderStatus,
    buyer: person,
    sellers: z.array(person),
    item_count: z.int(),
    currency: z.string(),
    subtotal_amount: z.int(),
    discount_amount: z.int(),
    total_amount: z.int(),
    refunded_amount: z.int(),
    payment_intent_id: z.nullable(z.string()),
    charge_id: z.nullable(z.string()),
    end_reason: z.nullable(z.string()),
    created_at: timestamp,
    expires_at: timestamp,
    paid_at: z.nullable(timestamp),
    completed_at: z.nullable(timestamp),
    updated_at: timestamp,
  })
  .check(z.meta({ id: 'AdminOrder' }))
export type AdminOrder = z.output<typeof adminOrder>

export const adminOrderPage = page(adminOrder)

export const listAllOrders = z.strictObject({
  ...pageQuery.shape,
  status: z.optional(orderStatus),
  buyer: z.optional(who),
  seller: z.optional(who),
  number: z.optional(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(Number.MAX_SAFE_INTEGER))),
  from: z.optional(moment),
  /** Not itself included. */
  to: z.optional(moment),
})
export type ListAllOrders = z.output<typeof listAllOrders>

export const orderParams = z.object({ order_id: z.uuid() })

/** What one account gained by one movement; the entries of a movement come to nothing together. */
const orderEntry = z
  .object({
    id: z.uuid(),
    movement_id: z.uuid(),
    kind: z.enum(movementKinds),
    account: z.enum([...sharedAccounts, ...ownAccounts]),
    /** Whose account it is; null for those of the platform and of the world outside. */
    user: z.nullable(person),
    order_item_id: z.nullable(z.uuid()),
    amount: z.int(),
    currency: z.string(),
    at: timestamp,
  })
  .check(z.meta({ id: 'OrderEntry' }))
export type OrderEntry = z.output<typeof orderEntry>

export const orderEntryPage = page(orderEntry)
