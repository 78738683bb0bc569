import { describeTerms } from '../products/terms.ts'
import { compose, toMinute } from './letter.ts'
import { type Addressee, always, byChoice, orderFact, toSales } from './trade-parts.ts'
import type { ExclusiveFacts, HeldLicense } from './trade-repository.ts'

export const exclusiveSoldLetter = ({ username, appUrl }: Addressee, sale: ExclusiveFacts) =>
  compose({
    subject: `An exclusive licence was sold, order ${sale.number}`,
    username,
    paragraphs: [
      'A track that you earn from was sold exclusively. Nobody else can buy a licence of it from now on; all that offered it is marked as sold.',
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
