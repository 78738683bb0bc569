import { formatAmount } from '../money/currencies.ts'
import type { Link } from './letter.ts'
import type { ItemLine, OrderFacts } from './trade-repository.ts'

/** Whom a letter is for, and where its links lead. */
export interface Addressee {
  readonly username: string
  readonly appUrl: string
}

export type Fact = readonly [name: string, value: string]

export const orderFact = ({ number }: Pick<OrderFacts, 'number'>): Fact => ['Order', String(number ?? '-')]
export const itemFacts = (items: readonly ItemLine[], currency: string): Fact[] =>
  items.map(({ title, tier_name, amount }) => [
    'Item',
    `${title} (${tier_name}), ${formatAmount(amount, currency)}`,
  ])

export const toOrder = (appUrl: string, { order_id }: Pick<OrderFacts, 'order_id'>): Link => ({
  label: 'Open the order',
  url: `${appUrl}/orders/${order_id}`,
})
export const toSales = (appUrl: string) => ({ label: 'Open my sales', url: `${appUrl}/sales` })
export const toPayouts = (appUrl: string) => ({ label: 'Open my payouts', url: `${appUrl}/payouts` })

export const byChoice = 'You choose in your notification settings whether we write to you about this.'
export const always = 'We tell you of this whatever your settings are.'
