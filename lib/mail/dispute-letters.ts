import { formatAmount } from '../money/currencies.ts'
import { compose, toMinute } from './letter.ts'
import { type Addressee, always, type Fact, orderFact, toOrder, toSales } from './trade-parts.ts'
import type { DisputeFacts } from './trade-repository.ts'

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
      ['Reason given', sayReason(dispute.reason)],
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
