import { formatAmount } from '../money/currencies.ts'
import { compose, toMinute } from './letter.ts'
import { type Addressee, byChoice, type Fact } from './trade-parts.ts'
import type { OfferFacts } from './trade-repository.ts'

const priceFacts = ({ title, tier_name, amount, counter_amount, currency }: OfferFacts): Fact[] => [
  ['Item', `${title} (${tier_name})`],
  ['Offered', formatAmount(amount, currency)],
  ...(counter_amount === null ? [] : [['Asked instead', formatAmount(counter_amount, currency)] as const]),
]

const toOffer = (appUrl: string, { offer_id }: OfferFacts) => ({
  label: 'Open the offer',
  url: `${appUrl}/offers/${offer_id}`,
})

export const offerMadeLetter = ({ username, appUrl }: Addressee, offer: OfferFacts) =>
  compose({
    subject: `${offer.buyer} made you an offer`,
    username,
    paragraphs: [
      'Somebody would buy a licence of yours for less than its price. Accept it, decline it, or name another price.',
    ],
    facts: [
      ['Buyer', offer.buyer],
      ...priceFacts(offer),
      ...(offer.message === '' ? [] : [['Message', offer.message] as const]),
      ['Answer until', toMinute(offer.expires_at)],
    ],
    action: toOffer(appUrl, offer),
    closing: byChoice,
  })

export const offerCounteredLetter = ({ username, appUrl }: Addressee, offer: OfferFacts) =>
  compose({
    subject: 'The seller named another price',
    username,
    paragraphs: [
      'The seller would not sell for what you offered, but for another price. Accept or decline it.',
    ],
    facts: [...priceFacts(offer), ['Answer until', toMinute(offer.expires_at)]],
    action: toOffer(appUrl, offer),
    closing: byChoice,
  })

/** To the buyer it says until when to pay. */
export const offerAcceptedLetter = ({ username, appUrl }: Addressee, offer: OfferFacts) =>
  compose({
    subject: offer.is_own ? 'Your offer was accepted' : `${offer.buyer} accepted your price`,
    username,
    paragraphs: [
      offer.is_own
        ? 'The seller accepted your offer. The price is yours for 48 hours: open the offer to order and pay.'
        : 'The buyer accepted the price that you named, and has 48 hours to order.',
    ],
    facts: [
      ...priceFacts(offer),
      ...(offer.payable_until ? [['Order until', toMinute(offer.payable_until)] as const] : []),
    ],
    action: toOffer(appUrl, offer),
    closing: byChoice,
  })
