import type Stripe from 'stripe'
import * as z from 'zod/mini'
import type { Context } from '../context.ts'
import { newId } from '../ids.ts'
import { route } from '../route.ts'
import { noSuch } from '../wire/error.ts'
import { type Behaviour, behaviourOfNumber, behaviourOfTest } from './test-cards.ts'

/** One that was stored, or a new one of a test method, as each use of a `pm_card_…` makes one. */
export function usePaymentMethod(context: Context, id: string): Stripe.PaymentMethod {
  const behaviour = behaviourOfTest(id)
  if (behaviour) return createPaymentMethod(context, behaviour)
  const stored = context.store.find('payment_method', id, context.account)
  if (!stored) throw noSuch('PaymentMethod', id, 'payment_method')
  return stored
}

export function behaviourOf(context: Context, id: string): Behaviour {
  const method = context.demand('payment_method', id, 'PaymentMethod')
  return behaviourOfNumber((method.card ?? method.us_bank_account)!.last4!)
}

function createPaymentMethod(context: Context, behaviour: Behaviour): Stripe.PaymentMethod {
  const method: Stripe.PaymentMethod = {
    id: newId('pm'),
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: emptyBillingDetails(),
    [behaviour.type]: behaviour.type === 'card' ? card(behaviour) : bankAccount(behaviour),
    created: context.now(),
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: behaviour.type,
  }
  context.store.insert(method, context.account)
  return method
}

export const emptyBillingDetails = () => ({
  address: { city: null, country: null, line1: null, line2: null, postal_code: null, state: null },
  email: null,
  name: null,
  phone: null,
  tax_id: null,
})

const card = ({ brand = 'visa', last4 }: Behaviour) => ({
  brand,
  checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
  country: 'US',
  display_brand: brand,
  exp_month: 12,
  exp_year: 2034,
  fingerprint: `standIn${last4}`,
  funding: 'credit',
  generated_from: null,
  last4,
  networks: { available: [brand], preferred: null },
  regulated_status: 'unregulated',
  three_d_secure_usage: { supported: true },
  wallet: null,
})

const bankAccount = ({ last4 }: Behaviour) => ({
  account_holder_type: 'individual',
  account_type: 'checking',
  bank_name: 'STRIPE TEST BANK',
  financial_connections_account: null,
  fingerprint: `standIn${last4}`,
  last4,
  networks: { preferred: 'ach', supported: ['ach'] },
  routing_number: '110000000',
  status_details: {},
})

/** As a charge keeps it. */
export function detailsOf(method: Stripe.PaymentMethod): Stripe.Charge.PaymentMethodDetails {
  const details = { type: method.type, [method.type]: method[method.type as 'card'] }
  return details as unknown as Stripe.Charge.PaymentMethodDetails
}

export const paymentMethodRoutes = [
  route('GET /v1/payment_methods/{id}', z.strictObject({}), (context, _, id) =>
    behaviourOfTest(id)
      ? usePaymentMethod(context, id)
      : context.demand('payment_method', id, 'PaymentMethod'),
  ),
]
