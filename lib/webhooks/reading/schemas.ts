import * as z from 'zod/mini'
import { id } from '../../http/id.ts'
import { moment, page, pageQuery, timestamp } from '../../http/route.ts'

const deliveryStatus = z.enum(['pending', 'succeeded', 'failed'])
export type DeliveryStatus = z.output<typeof deliveryStatus>

export const attempt = z.object({
  number: z.int(),
  at: timestamp,
  duration_ms: z.int(),
  /** Null where there was no answer. */
  status_code: z.nullable(z.int()),
  error: z.nullable(z.string()),
})
export type Attempt = z.output<typeof attempt>

export const delivery = z.object({
  id: z.uuid(),
  endpoint_id: z.uuid(),
  event_id: z.uuid(),
  event_type: z.string(),
  /** Asked for by `POST …/test`: what it names does not exist. */
  is_test: z.boolean(),
  status: deliveryStatus,
  attempt_count: z.int(),
  attempts: z.array(attempt),
  next_attempt_at: z.nullable(timestamp),
  created_at: timestamp,
  ended_at: z.nullable(timestamp),
})
export type Delivery = z.output<typeof delivery>

export const deliveryPage = page(delivery)

/** With the beginning of each answer. */
export const wholeDelivery = z.extend(delivery, {
  attempts: z.array(z.extend(attempt, { response_body: z.nullable(z.string()) })),
})
export type WholeDelivery = z.output<typeof wholeDelivery>

export const deliveryParams = z.object({ delivery_id: id })

export const listDeliveries = z.strictObject({
  ...pageQuery.shape,
  status: z.optional(deliveryStatus),
  event_type: z.optional(z.string().check(z.maxLength(100))),
  from: z.optional(moment),
  /** Not itself included. */
  to: z.optional(moment),
})
export type ListDeliveries = z.output<typeof listDeliveries>
