import type { Db, Sql } from '../db/client.ts'
import { isMailWanted } from '../notifications/mail-choice.ts'
import { noticeOf, type TradeMail, type TradeNotice } from '../trade-news/notices.ts'
import {
  disputeClosedLetter,
  disputeOpenedLetter,
  licensesDecidedLetter,
  licensesFrozenLetter,
} from './dispute-letters.ts'
import { exclusiveSoldLetter, exclusiveTakenLetter } from './exclusive-letters.ts'
import type { Mail } from './letter.ts'
import { offerAcceptedLetter, offerCounteredLetter, offerMadeLetter } from './offer-letters.ts'
import {
  conflictLetter,
  receiptLetter,
  refundLetter,
  refundOfSaleLetter,
  saleLetter,
} from './order-letters.ts'
import { payoutCreatedLetter, payoutFailedLetter, payoutPaidLetter } from './payout-letters.ts'
import type { Postman, Reason } from './postman.ts'
import { findRecipient } from './repository.ts'
import type { Addressee } from './trade-parts.ts'
import {
  findDispute,
  findExclusive,
  findOfferFacts,
  findPayout,
  findReceipt,
  findRefund,
  findSale,
  listHeldLicenses,
} from './trade-repository.ts'

export interface TradeMailDependencies {
  readonly sql: Sql
  readonly post: Postman
  readonly appUrl: string
}

/** Sends the letters about the marketplace, each by the present state of what it is about. */
export function createTradeMails({ sql, post, appUrl }: TradeMailDependencies) {
  return async ({ notice, user_id, subject_id }: TradeMail): Promise<void> => {
    const user = await findRecipient(sql, user_id)
    if (!user) return
    const { kind, isChosen } = noticeOf(notice)
    const choice = kind && isChosen ? kind : undefined
    if (choice && !(await isMailWanted(sql, user_id, choice))) return
    const mail = await writers[notice](sql, subject_id, { id: user_id, username: user.username, appUrl })
    const reason: Reason = choice ? { user_id, scope: choice } : 'account'
    if (mail) await post.send(user.email, mail, reason)
  }
}

type Reader = Addressee & { readonly id: string }
/** Undefined where there is nothing to write about. */
type Writer = (db: Db, subjectId: string, to: Reader) => Promise<Mail | undefined>

const about =
  <T>(
    find: (db: Db, subjectId: string, userId: string) => Promise<T | undefined>,
    write: (to: Addressee, facts: T) => Mail,
  ): Writer =>
  async (db, subjectId, to) => {
    const facts = await find(db, subjectId, to.id)
    return facts && write(to, facts)
  }

const writers: Readonly<Record<TradeNotice, Writer>> = {
  receipt: about(findReceipt, receiptLetter),
  sale: about(findSale, saleLetter),
  exclusive_conflict: about(findReceipt, conflictLetter),
  refund: about(findRefund, refundLetter),
  refund_of_sale: about(findRefund, refundOfSaleLetter),
  dispute_opened: about(findDispute, disputeOpenedLetter),
  dispute_closed: about(findDispute, disputeClosedLetter),
  licenses_frozen: about(findDispute, licensesFrozenLetter),
  licenses_decided: about(findDispute, licensesDecidedLetter),
  exclusive_sold: about(findExclusive, exclusiveSoldLetter),
  exclusive_taken: async (db, itemId, to) => {
    const sale = await findExclusive(db, itemId)
    return sale && exclusiveTakenLetter(to, sale, await listHeldLicenses(db, to.id, sale.track_id))
  },
  offer_made: about(findOfferFacts, offerMadeLetter),
  offer_countered: about(findOfferFacts, offerCounteredLetter),
  offer_accepted: about(findOfferFacts, offerAcceptedLetter),
  offer_declined: async () => undefined,
  payout_created: about(findPayout, payoutCreatedLetter),
  payout_paid: about(findPayout, payoutPaidLetter),
  payout_failed: about(findPayout, payoutFailedLetter),
}
