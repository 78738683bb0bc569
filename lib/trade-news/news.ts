import type { Sql, Transaction } from '../db/client.ts'
import type { Jobs } from '../event-consumer.ts'
import type { OutboxRelay } from '../outbox.ts'
import type { TradeEvent } from './events.ts'
import type { TradeNotice } from './notices.ts'
import {
  findOfferParties,
  findOrderParties,
  findPayee,
  findRefundParties,
  listExclusiveSales,
} from './recipients.ts'
import { type Telling, tell } from './telling.ts'

export interface TradeNewsDependencies {
  readonly sql: Sql
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

type Find = (tx: Transaction) => Promise<readonly Telling[]>

/** Who is told of what comes to pass in the marketplace; each letter is an event of its own. */
export function createTradeNews({
  sql,
  relay,
  now = () => new Date(),
}: TradeNewsDependencies): Pick<Jobs, TradeEvent> {
  const spread = async (find: Find) => {
    await sql.beginIdempotent(async (tx) => {
      for (const telling of await find(tx)) await tell(tx, telling, now())
    })
    await relay.flushSoon()
  }
  const ofPayout =
    (notice: TradeNotice) =>
    ({ payout_id }: { readonly payout_id: string }) =>
      spread((tx) => findPayoutTellings(tx, notice, payout_id))

  const ofOffer =
    (notice: TradeNotice) =>
    ({ offer_id }: { readonly offer_id: string }) =>
      spread((tx) => findOfferTellings(tx, notice, offer_id))

  return {
    'order.completed': ({ order_id }) => spread((tx) => findSaleTellings(tx, order_id)),
    'order.refunded': ({ refund_id }) => spread((tx) => findRefundTellings(tx, refund_id)),
    'order.exclusive_conflict': ({ order_id }) => spread((tx) => findConflictTellings(tx, order_id)),
    'order.disputed': ({ order_id, dispute_id }) =>
      spread((tx) => findDisputeTellings(tx, order_id, dispute_id, ['dispute_opened', 'licenses_frozen'])),
    'order.dispute_closed': ({ order_id, dispute_id }) =>
      spread((tx) => findDisputeTellings(tx, order_id, dispute_id, ['dispute_closed', 'licenses_decided'])),
    'offer.made': ofOffer('offer_made'),
    'offer.countered': ofOffer('offer_countered'),
    'offer.accepted': ofOffer('offer_accepted'),
    'offer.declined': ofOffer('offer_declined'),
    'payout.created': ofPayout('payout_created'),
    'payout.paid': ofPayout('payout_paid'),
    'payout.failed': ofPayout('payout_failed'),
    ...untold,
  }
}

const nobody = async () => {}

/** Nobody waits for these, or hears of them by what they belong to: licences by their order's refund or dispute. */
const untold = {
  'order.paid': nobody,
  'order.expired': nobody,
  'order.cancelled': nobody,
  'license.issued': nobody,
  'license.revoked': nobody,
  'license.frozen': nobody,
  'license.restored': nobody,
}

async function findSaleTellings(tx: Transaction, order_id: string): Promise<Telling[]> {
  const order = await findOrderParties(tx, order_id)
  if (!order) return []
  const about = { order_id }
  const exclusives = await listExclusiveSales(tx, order_id)
  return [
    { notice: 'receipt', subject_id: order_id, to: [order.buyer_id] },
    { notice: 'sale', subject_id: order_id, to: order.earners, about },
    ...exclusives.flatMap(({ order_item_id: subject_id, track_id, earners, holders }): Telling[] => [
      { notice: 'exclusive_sold', subject_id, to: earners, about: { track_id } },
      { notice: 'exclusive_taken', subject_id, to: holders, about: { track_id } },
    ]),
  ]
}

/** A conflict has a letter of its own. Of a sale that never came about only its buyer hears. */
async function findRefundTellings(tx: Transaction, refund_id: string): Promise<Telling[]> {
  const refund = await findRefundParties(tx, refund_id)
  if (!refund || refund.reason === 'exclusive_conflict') return []
  const about = { order_id: refund.order_id }
  return [
    { notice: 'refund', subject_id: refund_id, to: [refund.buyer_id], about },
    ...(refund.was_completed
      ? [{ notice: 'refund_of_sale', subject_id: refund_id, to: refund.earners, about } as const]
      : []),
  ]
}

async function findConflictTellings(tx: Transaction, order_id: string): Promise<Telling[]> {
  const order = await findOrderParties(tx, order_id)
  if (!order) return []
  const to = [order.buyer_id]
  return [{ notice: 'exclusive_conflict', subject_id: order_id, to, about: { order_id } }]
}

async function findDisputeTellings(
  tx: Transaction,
  order_id: string,
  subject_id: string,
  [forEarners, forBuyer]: readonly [TradeNotice, TradeNotice],
): Promise<Telling[]> {
  const order = await findOrderParties(tx, order_id)
  if (!order) return []
  return [
    { notice: forEarners, subject_id, to: order.earners },
    { notice: forBuyer, subject_id, to: [order.buyer_id] },
  ]
}

/** The other side than whoever did it. */
async function findOfferTellings(tx: Transaction, notice: TradeNotice, offer_id: string): Promise<Telling[]> {
  const offer = await findOfferParties(tx, offer_id)
  if (!offer) return []
  const isToSeller = notice === 'offer_made' || (notice !== 'offer_countered' && offer.is_countered)
  const to = [isToSeller ? offer.seller_id : offer.buyer_id]
  return [{ notice, subject_id: offer_id, to, about: { offer_id } }]
}

async function findPayoutTellings(tx: Transaction, notice: TradeNotice, payout_id: string) {
  const payee = await findPayee(tx, payout_id)
  return payee ? [{ notice, subject_id: payout_id, to: [payee], about: { payout_id } }] : []
}
