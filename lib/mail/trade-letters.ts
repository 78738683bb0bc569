import { formatAmount } from '../money/currencies.ts'
import { describeTerms } from '../products/terms.ts'
import { compose, type Letter, toMinute } from './letter.ts'
import type {
  DisputeFacts,
  ExclusiveFacts,
  HeldLicense,
  ItemLine,
  OrderFacts,
  PayoutFacts,
  Receipt,
  RefundFacts,
  SaleFacts,
} from './trade-repository.ts'

/** Whom a letter is for, and where its links lead. */
export interface Addressee {
  readonly username: string
  readonly appUrl: string
}

type Fact = readonly [name: string, value: string]

const orderFact = ({ number }: Pick<OrderFacts, 'number'>): Fact => ['Order', String(number ?? '-')]
const itemFacts = (items: readonly ItemLine[], currency: string): Fact[] =>
  items.map(({ title, tier_name, amount }) => ['Item', `${title} (${tier_name}), ${formatAmount(amount, currency)}`])

const toOrder = (appUrl: string, { order_id }: Pick<OrderFacts, 'order_id'>): Letter['action'] => ({
  label: 'Open the order',
  url: `${appUrl}/orders/${order_id}`,
})
const toSales = (appUrl: string) => ({ label: 'Open my sales', url: `${appUrl}/sales` })
const toPayouts = (appUrl: string) => ({ label: 'Open my payouts', url: `${appUrl}/payouts` })

const byChoice = 'You choose in your notification settings whether we write to you about this.'
const always = 'We tell you of this whatever your settings are.'

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
    closing: 'Each licence says how often and until when its files can be fetched. Keep this mail with your papers.',
  })
}

export const saleLetter = ({ username, appUrl }: Addressee, sale: SaleFacts) =>
  compose({
    subject: `You made a sale, order ${sale.number}`,
    username,
    paragraphs: ['Somebody has bought a licence of something that you earn by.'],
    facts: [
      orderFact(sale),
      ['Buyer', sale.buyer],
      ...itemFacts(sale.items, sale.currency),
      ['Your share', formatAmount(sale.share_amount, sale.currency)],
      ['Paid out from', toMinute(sale.releases_at)],
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
      'A buyer has got money back for something that you earn by, and your share of it was taken back. Where it had been paid out already, your next payouts are smaller by it.',
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

const sayReason = (reason: string) => reason.replaceAll('_', ' ')

export const disputeOpenedLetter = ({ username, appUrl }: Addressee, dispute: DisputeFacts) =>
  compose({
    subject: `A payment is disputed, order ${dispute.number}`,
    username,
    paragraphs: [
      'A buyer has told their bank that a payment was not right. Until the bank has decided, your share of that order is held, and the licences of it are frozen.',
      'We answer the bank with the contract, the certificates and the record of downloads. You need not do anything.',
    ],
    facts: [
      orderFact(dispute),
      ['Buyer', dispute.buyer],
      ['In dispute', formatAmount(dispute.amount, dispute.disputed_currency)],
      ['Told reason', sayReason(dispute.reason)],
      ['Held of yours', formatAmount(dispute.held_amount, dispute.currency)],
      ...(dispute.evidence_due_at ? [['Answer due', toMinute(dispute.evidence_due_at)] as const] : []),
    ],
    action: toSales(appUrl),
    closing: always,
  })

export const disputeClosedLetter = ({ username, appUrl }: Addressee, dispute: DisputeFacts) => {
  const isWon = dispute.outcome === 'won'
  return compose({
    subject: `A dispute was ${isWon ? 'won' : 'lost'}, order ${dispute.number}`,
    username,
    paragraphs: [
      isWon
        ? 'The bank has decided that the payment was right. What was held of your share is free again, and so are the licences.'
        : 'The bank has decided for the buyer, who got the money back. Your share of it was taken back, and the licences have ended.',
    ],
    facts: [
      orderFact(dispute),
      ['Buyer', dispute.buyer],
      ['In dispute', formatAmount(dispute.amount, dispute.disputed_currency)],
      ...(isWon ? [] : [['Taken back', formatAmount(dispute.taken_amount, dispute.currency)] as const]),
    ],
    action: toSales(appUrl),
    closing: always,
  })
}

const licenseFacts = ({ licenses }: DisputeFacts): Fact[] =>
  licenses.map(({ title, serial }) => ['Licence', `${title}, ${serial}`])

export const licensesFrozenLetter = ({ username, appUrl }: Addressee, dispute: DisputeFacts) =>
  compose({
    subject: `Your licences are frozen, order ${dispute.number}`,
    username,
    paragraphs: [
      'Your bank has told us that a payment of yours is disputed. Until it has decided, the licences of that order are frozen: their certificates say so, and their files cannot be fetched.',
      'If you did not mean to dispute the payment, tell your bank that you take the dispute back.',
    ],
    facts: [orderFact(dispute), ...licenseFacts(dispute)],
    action: toOrder(appUrl, dispute),
    closing: always,
  })

export const licensesDecidedLetter = ({ username, appUrl }: Addressee, dispute: DisputeFacts) => {
  const isValid = dispute.outcome === 'won'
  return compose({
    subject: `Your licences ${isValid ? 'are valid again' : 'have ended'}, order ${dispute.number}`,
    username,
    paragraphs: [
      isValid
        ? 'The dispute about your payment is over, and the payment stands. Your licences are valid as before.'
        : 'The dispute about your payment is over, and you have got the money back. So the licences of that order have ended: what they allowed is not allowed any more.',
    ],
    facts: [orderFact(dispute), ...licenseFacts(dispute)],
    action: toOrder(appUrl, dispute),
    closing: always,
  })
}

export const exclusiveSoldLetter = ({ username, appUrl }: Addressee, sale: ExclusiveFacts) =>
  compose({
    subject: `An exclusive licence was sold, order ${sale.number}`,
    username,
    paragraphs: [
      'A track that you earn by was sold exclusively. Nobody else can buy a licence of it from now on; all that offered it is marked as sold.',
      sale.earlier_count === 0
        ? 'Nobody had bought a licence of it before.'
        : 'The licences that were bought before stay as they are. We have told who holds them.',
    ],
    facts: [
      orderFact(sale),
      ['Track', sale.title],
      ...(sale.earlier_count > 0 ? [['Earlier licences', String(sale.earlier_count)] as const] : []),
    ],
    action: toSales(appUrl),
    closing: byChoice,
  })

/** With a copy of the terms: it is what the holder has in hand should anybody ask. */
export const exclusiveTakenLetter = (
  { username, appUrl }: Addressee,
  { title }: ExclusiveFacts,
  held: readonly HeldLicense[],
) =>
  compose({
    subject: 'A track that you hold a licence of was sold',
    username,
    paragraphs: [
      'Somebody has bought the exclusive licence of a track that you have a licence of. Yours stays valid, with the terms that you bought it on, and its certificate goes on proving it. Nobody can buy another licence of the track.',
      ...held.map(
        ({ serial, tier_name, issued_at, terms }) =>
          `${tier_name}, ${serial}, issued ${toMinute(issued_at)}:\n${describeTerms(terms)}`,
      ),
    ],
    facts: [['Track', title]],
    action: { label: 'Open my licences', url: `${appUrl}/licenses` },
    closing: always,
  })

const payoutFacts = ({ amount, currency, created_at }: PayoutFacts): Fact[] => [
  ['Amount', formatAmount(amount, currency)],
  ['Begun', toMinute(created_at)],
]

export const payoutCreatedLetter = ({ username, appUrl }: Addressee, payout: PayoutFacts) =>
  compose({
    subject: 'A payout is on its way to you',
    username,
    paragraphs: ['We have begun to pay out what you earned. Your bank has it within a few days.'],
    facts: payoutFacts(payout),
    action: toPayouts(appUrl),
    closing: byChoice,
  })

export const payoutPaidLetter = ({ username, appUrl }: Addressee, payout: PayoutFacts) =>
  compose({
    subject: 'You have been paid',
    username,
    paragraphs: ['Your payout has left for your bank account. What it is made of stands in its statement.'],
    facts: payoutFacts(payout),
    action: toPayouts(appUrl),
    closing: byChoice,
  })

export const payoutFailedLetter = ({ username, appUrl }: Addressee, payout: PayoutFacts) =>
  compose({
    subject: 'A payout to you has failed',
    username,
    paragraphs: [
      'We could not pay you. The money is not lost: it stays yours, and we try again. Please check the bank account that you gave us.',
    ],
    facts: payoutFacts(payout),
    action: { label: 'Check my bank account', url: `${appUrl}/payouts` },
    closing: always,
  })
