import * as z from 'zod/mini'
import { callFault } from '../faults.ts'
import { deliveryRule } from '../webhooks/rules.ts'
import { missing } from '../wire/error.ts'
import { define } from './switch.ts'

const nothing = z.strictObject({})

/** What goes wrong between Stripe and its caller. */
export const wireSwitches = [
  define('GET /_local/webhooks', nothing, ({ webhooks }) => ({ data: webhooks.rules.list })),
  define('POST /_local/webhooks', deliveryRule, ({ webhooks }, rule) => {
    webhooks.rules.add(rule)
    return { data: webhooks.rules.list }
  }),
  define('DELETE /_local/webhooks', nothing, async ({ webhooks }) => {
    webhooks.rules.clear()
    await webhooks.release()
    return { data: [] }
  }),
  define(
    'POST /_local/webhooks/resend',
    z.strictObject({ type: z.optional(z.string()) }),
    ({ webhooks }, { type }) => ({
      resent: webhooks.resendLost(type),
    }),
  ),
  define('POST /_local/events/{id}/resend', nothing, ({ store, webhooks }, _, id) => {
    if (store.accountOf(id) === undefined) throw missing('event', id)
    webhooks.resend(id)
    return { resent: 1 }
  }),
  define('GET /_local/deliveries', nothing, ({ webhooks }) => ({ data: webhooks.list({}) })),
  define('GET /_local/events/{id}/deliveries', nothing, ({ webhooks }, _, event) => ({
    data: webhooks.list({ event }),
  })),
  define('GET /_local/calls', nothing, ({ faults }) => ({ data: faults.list })),
  define('POST /_local/calls', callFault, ({ faults }, fault) => {
    faults.arm(fault)
    return { data: faults.list }
  }),
  define('DELETE /_local/calls', nothing, ({ faults }) => {
    faults.clear()
    return { data: [] }
  }),
]
