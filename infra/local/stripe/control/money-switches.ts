import * as z from 'zod/mini'
import { newId } from '../ids.ts'
import { PLATFORM } from '../objects.ts'
import { demandAccount } from '../resources/accounts.ts'
import { post } from '../resources/balance-transactions.ts'
import { closeDispute, openDispute } from '../resources/disputes.ts'
import { authenticate, settleProcessing } from '../resources/later-answers.ts'
import { changeBank, completeOnboarding, restrict } from '../resources/onboarding.ts'
import { failPayout, payPayout } from '../resources/payouts.ts'
import { failRefund } from '../resources/refunds.ts'
import { define, onObject } from './switch.ts'

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
  define('POST /_local/accounts/{id}/onboard', z.strictObject({}), (machine, _, id) =>
    onObject(machine, id, (context) => completeOnboarding(context, demandAccount(context, id))),
  ),
  define(
    'POST /_local/accounts/{id}/restrict',
    z.strictObject({
      disabled_reason: z._default(z.string().check(z.maxLength(60)), 'requirements.past_due'),
    }),
    (machine, { disabled_reason }, id) =>
      onObject(machine, id, (context) => restrict(context, demandAccount(context, id), disabled_reason)),
  ),
  define(
    'POST /_local/accounts/{id}/bank',
    z.strictObject({ account_number: z.string().check(z.regex(/^\d{4,17}$/)) }),
    (machine, { account_number }, id) =>
      onObject(machine, id, (context) => changeBank(context, demandAccount(context, id), account_number)),
  ),
  define('POST /_local/payouts/{id}/pay', z.strictObject({}), (machine, _, id) =>
    onObject(machine, id, (context) => payPayout(context, context.demand('payout', id))),
  ),
  define(
    'POST /_local/payouts/{id}/fail',
    z.strictObject({ failure_code: z._default(z.string().check(z.maxLength(60)), 'no_account') }),
    (machine, { failure_code }, id) =>
      onObject(machine, id, (context) => failPayout(context, context.demand('payout', id), failure_code)),
  ),
  define(
    'POST /_local/topups',
    z.strictObject({ amount: z.int().check(z.minimum(1)), currency: z.string().check(z.length(3)) }),
    (machine, { amount, currency }) =>
      machine.perform(PLATFORM, (context) =>
        post(context, { type: 'topup', amount, currency, source: newId('tu') }),
      ),
  ),
  define('POST /_local/refunds/{id}/fail', z.strictObject({}), (machine, _, id) =>
    onObject(machine, id, (context) => failRefund(context, id)),
  ),
]
