import type { Actor } from '../auth/actor.ts'
import type { Sql, Transaction } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { pageById } from '../http/id-page.ts'
import { type Currency, leastCharge } from '../money/currencies.ts'
import { requireFree, requireOrderable } from '../orders/guards.ts'
import { addToOutbox, type OutboxRelay } from '../outbox.ts'
import { lockForOrder } from '../products/for-order.ts'
import { invalid } from '../products/refusals.ts'
import { mustBeUnblocked, mustStay } from '../relations/standing.ts'
import { dayMs, hourMs, later } from '../time.ts'
import { lockAccount } from '../users/lock.ts'
import { expireOffersOf } from './expiry.ts'
import {
  countLive,
  findListPrice,
  findOffer,
  findSeller,
  insertOffer,
  isBeingPaid,
  listOffersOf,
  lockOffer,
  type Move,
  moveOffer,
  type OfferRow,
} from './repository.ts'
import type { ListOffers, MakeOffer, Offer, OfferStatus } from './schemas.ts'

/** How long an offer can be answered, and how long what was agreed on can be ordered. */
const answerMs = 7 * dayMs
const payMs = 48 * hourMs
/** How many a buyer may have waiting at once. */
const mostLive = 20

export interface OfferDependencies {
  readonly sql: Sql
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

export type OfferService = ReturnType<typeof createOfferService>

type Side = 'buyer' | 'seller'
/** Whose turn it is. */
const answeredBy: Partial<Record<OfferStatus, Side>> = { open: 'seller', countered: 'buyer' }

export function createOfferService({ sql, relay, now = () => new Date() }: OfferDependencies) {
  const read = async (actor: Actor, id: string): Promise<Offer> => {
    const offer = await findOffer(sql, actor.id, id, now())
    if (!offer) throw new AppError('not_found')
    return offer
  }

  /** `decide` sees the offer, locked and as it is now, and refuses or says where it goes. */
  async function move(
    actor: Actor,
    id: string,
    decide: (tx: Transaction, offer: OfferRow, side: Side, at: Date) => Move | Promise<Move>,
  ): Promise<Offer> {
    await sql.begin(async (tx) => {
      const at = now()
      const offer = await lockOffer(tx, actor.id, id, at)
      if (!offer) throw new AppError('not_found')
      const to = await decide(tx, offer, offer.buyer_id === actor.id ? 'buyer' : 'seller', at)
      await moveOffer(tx, offer, to, at)
      const told = events[to.status]
      if (told) await addToOutbox(tx, told, { offer_id: id })
    })
    await relay.flushSoon()
    return read(actor, id)
  }

  return {
    async make(actor: Actor, wanted: MakeOffer): Promise<Offer> {
      const id = await sql.begin((tx) => make(tx, actor.id, wanted, now()))
      await relay.flushSoon()
      return read(actor, id)
    },

    get: read,

    list: (actor: Actor, { role, status, ...page }: ListOffers) =>
      pageById(`offers:${role}:${status ?? ''}`, page, (before, limit) =>
        listOffersOf(sql, actor.id, { role, status, before, limit }, now()),
      ),

    accept: (actor: Actor, id: string) =>
      move(actor, id, (_, offer, side, at) => {
        mustBeTheirTurn(offer, side)
        return { status: 'accepted', accepted_at: at, payable_until: later(at, payMs) }
      }),

    decline: (actor: Actor, id: string) =>
      move(actor, id, (_, offer, side) => {
        mustBeTheirTurn(offer, side)
        return { status: 'declined' }
      }),

    counter: (actor: Actor, id: string, amount: number) =>
      move(actor, id, async (tx, offer, side, at) => {
        if (side !== 'seller') throw new AppError('conflict', 'The seller names another price')
        mustBeTheirTurn(offer, side)
        mustLieBetween(amount, offer.amount + 1, await findListPrice(tx, offer.tier_id))
        return { status: 'countered', counter_amount: amount, expires_at: later(at, answerMs) }
      }),

    withdraw: (actor: Actor, id: string) =>
      move(actor, id, (_, { status }, side) => {
        const isLive = status in answeredBy || status === 'accepted'
        if (side !== 'buyer' || !isLive) throw new AppError('conflict', 'There is nothing to withdraw')
        return { status: 'withdrawn' }
      }),
  }
}

/** Nobody is told of the others. */
const events = {
  countered: 'offer.countered',
  accepted: 'offer.accepted',
  declined: 'offer.declined',
} as const satisfies Partial<Record<OfferStatus, string>> as Partial<
  Record<OfferStatus, 'offer.countered' | 'offer.accepted' | 'offer.declined'>
>

async function make(tx: Transaction, buyerId: string, wanted: MakeOffer, now: Date): Promise<string> {
  // Offers and orders of one buyer come one after the other.
  if (!(await lockAccount(tx, buyerId))) throw new AppError('not_found')
  const seller_id = await findSeller(tx, wanted.product_id)
  if (seller_id !== undefined && seller_id !== buyerId) {
    await mustBeUnblocked(tx, buyerId, seller_id)
    await mustStay(tx, buyerId, seller_id)
  }
  const offered = await lockForOrder(tx, buyerId, [wanted], now)
  requireOrderable(offered, [wanted], buyerId)
  requireFree(offered)
  const tier = offered[0]!
  mustLieBetween(wanted.amount, leastCharge(tier.currency as Currency), tier.price_amount)
  await expireOffersOf(tx, buyerId, now)
  if ((await countLive(tx, buyerId)) >= mostLive) throw new AppError('quota_exceeded')
  const taken = new AppError('conflict', 'You have made an offer for it already')
  if (await isBeingPaid(tx, buyerId, wanted.tier_id)) throw taken
  const { currency } = tier
  const offer = { ...wanted, buyer_id: buyerId, seller_id: tier.seller_id, currency }
  const id = await insertOffer(tx, { ...offer, expires_at: later(now, answerMs) }, now)
  if (id === undefined) throw taken
  await addToOutbox(tx, 'offer.made', { offer_id: id })
  return id
}

function mustBeTheirTurn({ status }: OfferRow, side: Side): void {
  if (answeredBy[status] !== side) throw new AppError('conflict', 'It is not yours to answer now')
}

/** Nothing lies below the price of what is free. */
function mustLieBetween(amount: number, least: number, listPrice: number): void {
  if (amount >= least && amount < listPrice) return
  const isSmall = amount < least
  throw invalid({
    pointer: '#/body/amount',
    code: isSmall ? 'too_small' : 'too_big',
    detail: isSmall ? `It must be at least ${least}` : `It must be less than the price, ${listPrice}`,
  })
}
