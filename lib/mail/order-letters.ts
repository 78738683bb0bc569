import { formatAmount } from '../money/currencies.ts'
import { compose, toMinute } from './letter.ts'
import {
  type Addressee,
  always,
  byChoice,
  type Fact,
  itemFacts,
  orderFact,
  toOrder,
  toSales,
} from './trade-parts.ts'
import type { Receipt, RefundFacts, SaleFacts } from './trade-repository.ts'

export const receiptLetter = ({ username, appUrl }: Addressee, receipt: Receipt) => {
  const { currency, discount_amount, total_amount, paid_at, items } = receipt
  return compose({
    subject: `Your Veza receipt, order ${receipt.number}`,
    username,
    paragraphs: [
      'Thank you for your order. Your licences have been issued: their certificates, the files and the invoices are with the order.',
    ],
    facts: [
      orderFact(receipt),
      ['Paid', toMinute(paid_at)],
      ...itemFacts(items, currency),
      ...(discount_amount > 0 ? [['Discount', formatAmount(-discount_amount, currency)] as const] : []),
      ['Total', formatAmount(total_amount, currency)],
    ],
    action: toOrder(appUrl, receipt),
    closing:
      'Each licence says how often and until when its files can be fetched. Keep this mail with your papers.',
  })
}

export const saleLetter = ({ username, appUrl }: Addressee, sale: SaleFacts) =>
  compose({
    subject: `You made a sale, order ${sale.number}`,
    username,
    paragraphs: ['Somebody has bought something that you earn from.'],
    facts: [
      orderFact(sale),
      ['Buyer', sale.buyer],
      ...itemFacts(sale.items, sale.currency),
      ['Your share', formatAmount(sale.share_amount, sale.currency)],
      ['Payable from', toMinute(sale.releases_at)],
    ],
    action: toSales(appUrl),
    closing: byChoice,
  })

const refundReasons: Readonly<Record<string, string>> = {
  requested_by_customer: 'It was asked for',
  duplicate: 'It was paid twice',
  fraudulent: 'The payment was not the account holder\u2019s',
  late_payment: 'The payment came after the order had ended',
}

const reasonFact = ({ reason }: Pick<RefundFacts, 'reason'>): Fact[] =>
  refundReasons[reason] ? [['Reason', refundReasons[reason]]] : []

const revokedOf = (items: RefundFacts['items']) =>
  items.filter(({ is_revoked }) => is_revoked).map(({ title, tier_name }) => `${title} (${tier_name})`)

export const refundLetter = ({ username, appUrl }: Addressee, refund: RefundFacts) => {
  const revoked = revokedOf(refund.items)
  return compose({
    subject: 'Your money is on its way back',
    username,
    paragraphs: [
      'We have refunded you. The money goes back the way it came; banks take five to ten days to show it.',
      ...(revoked.length > 0 ? [`With it these licences have ended: ${revoked.join(', ')}.`] : []),
    ],
    facts: [
      orderFact(refund),
      ...itemFacts(refund.items, refund.currency),
      ['Refunded', formatAmount(refund.amount, refund.currency)],
      ...reasonFact(refund),
    ],
    action: toOrder(appUrl, refund),
    closing: always,
  })
}

export const refundOfSaleLetter = ({ username, appUrl }: Addressee, refund: RefundFacts) =>
  compose({
    subject: `A sale of yours was refunded, order ${refund.number}`,
    username,
    paragraphs: [
      'A buyer has got money back for something that you earn from, and your share of it was taken back. Where it had been paid out already, your next payouts are smaller by it.',
    ],
    facts: [
      orderFact(refund),
      ['Buyer', refund.buyer],
      ...itemFacts(refund.items, refund.currency),
      ...reasonFact(refund),
      ['Taken back', formatAmount(refund.taken_amount, refund.currency)],
    ],
    action: toSales(appUrl),
    closing: byChoice,
  })

/** Somebody else was faster, which is nobody's fault but ours to make good. */
export const conflictLetter = ({ username, appUrl }: Addressee, order: Receipt) =>
  compose({
    subject: 'We are sorry: the exclusive licence was gone',
    username,
    paragraphs: [
      'Your payment reached us after the time that the licence was kept for you, and meanwhile somebody else has bought it. An exclusive licence is sold once, so we cannot give you yours. We are sorry.',
      'You get back all that you have paid, by the way it came; banks take five to ten days to show it. You need not do anything.',
    ],
    facts: [
      orderFact(order),
      ...itemFacts(order.items, order.currency),
      ['You get back', formatAmount(order.total_amount, order.currency)],
    ],
    action: toOrder(appUrl, order),
    closing: always,
  })
