import type { Mailer } from '../aws/mailer.ts'
import type { Db, Sql } from '../db/client.ts'
import { isMailWanted } from '../notifications/mail-choice.ts'
import { noticeOf, type TradeMail, type TradeNotice } from '../trade-news/notices.ts'
import type { Mail } from './letter.ts'
import { findRecipient } from './repository.ts'
import * as letters from './trade-letters.ts'
import {
  findDispute,
  findExclusive,
  findPayout,
  findReceipt,
  findRefund,
  findSale,
  listHeldLicenses,
} from './trade-repository.ts'

export interface TradeMailDependencies {
  readonly sql: Sql
  readonly mailer: Mailer
  readonly appUrl: string
}

/** Sends the letters about the marketplace, each by the present state of what it is about. */
export function createTradeMails({ sql, mailer, appUrl }: TradeMailDependencies) {
  return async ({ notice, user_id, subject_id }: TradeMail): Promise<void> => {
    const user = await findRecipient(sql, user_id)
    if (!user) return
    const { kind, isChosen } = noticeOf(notice)
    if (kind && isChosen && !(await isMailWanted(sql, user_id, kind))) return
    const mail = await writers[notice](sql, subject_id, { id: user_id, username: user.username, appUrl })
    if (mail) await mailer.send({ to: user.email, ...mail })
  }
}

type Reader = letters.Addressee & { readonly id: string }
/** Undefined where there is nothing to write about. */
type Writer = (db: Db, subjectId: string, to: Reader) => Promise<Mail | undefined>

const about =
  <T>(
    find: (db: Db, subjectId: string, userId: string) => Promise<T | undefined>,
    write: (to: letters.Addressee, facts: T) => Mail,
  ): Writer =>
  async (db, subjectId, to) => {
    const facts = await find(db, subjectId, to.id)
    return facts && write(to, facts)
  }

const writers: Readonly<Record<TradeNotice, Writer>> = {
  receipt: about(findReceipt, letters.receiptLetter),
  sale: about(findSale, letters.saleLetter),
  exclusive_conflict: about(findReceipt, letters.conflictLetter),
  refund: about(findRefund, letters.refundLetter),
  refund_of_sale: about(findRefund, letters.refundOfSaleLetter),
  dispute_opened: about(findDispute, letters.disputeOpenedLetter),
  dispute_closed: about(findDispute, letters.disputeClosedLetter),
  licenses_frozen: about(findDispute, letters.licensesFrozenLetter),
  licenses_decided: about(findDispute, letters.licensesDecidedLetter),
  exclusive_sold: about(findExclusive, letters.exclusiveSoldLetter),
  exclusive_taken: async (db, itemId, to) => {
    const sale = await findExclusive(db, itemId)
    return sale && letters.exclusiveTakenLetter(to, sale, await listHeldLicenses(db, to.id, sale.track_id))
  },
  payout_created: about(findPayout, letters.payoutCreatedLetter),
  payout_paid: about(findPayout, letters.payoutPaidLetter),
  payout_failed: about(findPayout, letters.payoutFailedLetter),
}
