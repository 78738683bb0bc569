import { formatAmount } from '../money/currencies.ts'
import { compose, toMinute } from './letter.ts'
import { type Addressee, always, byChoice, type Fact, toPayouts } from './trade-parts.ts'
import type { PayoutFacts } from './trade-repository.ts'

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
