import type Stripe from 'stripe'
import type { Context } from '../context.ts'
import { newId } from '../ids.ts'
import { post } from './balance-transactions.ts'
import { chargeShape } from './charge-shape.ts'

export interface Received {
  readonly amount: number
  readonly currency: string
  readonly transfer: string
  readonly available_on: number
}

/** What a transfer is on the side of the account that gets it. */
export function receivePayment(
  context: Context,
  { transfer, available_on, ...money }: Received,
): Stripe.Charge {
  const id = newId('py')
  const transaction = post(context, { ...money, type: 'payment', source: id, available_on })
  const payment: Stripe.Charge = {
    ...chargeShape({ ...money, id, created: context.now() }),
    balance_transaction: transaction.id,
    payment_method_details: { stripe_account: {}, type: 'stripe_account' },
    source_transfer: transfer,
  }
  context.store.insert(payment, context.account)
  context.emit('payment.created', payment)
  return payment
}
