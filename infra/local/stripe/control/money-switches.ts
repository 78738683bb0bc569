import * as z from 'zod/mini'
import { authenticate, settleProcessing } from '../resources/confirmation.ts'
import { closeDispute, openDispute } from '../resources/disputes.ts'
import { failRefund } from '../resources/refunds.ts'
import { define, onObject } from './control.ts'

const outcome = z.enum(['succeeded', 'failed'])

/** What banks, buyers and Stripe's own people do. */
export const moneySwitches = [
  define(
    'POST /_local/payment_intents/{id}/authenticate',
    z.strictObject({ outcome: z._default(outcome, 'succeeded') }),
    (machine, given, id) =>
      onObject(machine, id, (context) =>
        authenticate(context, context.demand('payment_intent', id), given.outcome),
      ),
  ),
  define(
    'POST /_local/payment_intents/{id}/settle',
    z.strictObject({ outcome: z.optional(outcome) }),
    (machine, given, id) =>
      onObject(machine, id, (context) =>
        settleProcessing(context, context.demand('payment_intent', id), given.outcome),
      ),
  ),
  define(
    'POST /_local/charges/{id}/dispute',
    z.strictObject({
      reason: z._default(z.string().check(z.maxLength(60)), 'fraudulent'),
      amount: z.optional(z.int()),
    }),
    (machine, given, id) => onObject(machine, id, (context) => openDispute(context, id, given)),
  ),
  define(
    'POST /_local/disputes/{id}/close',
    z.strictObject({ status: z.enum(['won', 'lost']) }),
    (machine, { status }, id) =>
      onObject(machine, id, (context) => closeDispute(context, context.demand('dispute', id), status)),
  ),
  define('POST /_local/refunds/{id}/fail', z.strictObject({}), (machine, _, id) =>
    onObject(machine, id, (context) => failRefund(context, id)),
  ),
]
