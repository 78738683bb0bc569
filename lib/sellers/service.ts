import type { Actor } from '../auth/actor.ts'
import type { Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import type { Confirm } from '../http/etag.ts'
import { StripeRefusal } from '../stripe/errors.ts'
import type { StripePort } from '../stripe/port.ts'
import { findSeller, linkAccount, lockSeller, type SellerRow, updateSeller } from './repository.ts'
import type { OnboardingLink, Seller, UpdateSeller } from './schemas.ts'

export interface SellerDependencies {
  readonly sql: Sql
  readonly stripe: Pick<StripePort, 'createAccount' | 'createAccountLink'>
  readonly settings: { readonly feeBps: number; readonly appUrl: string }
  readonly now?: () => Date
}

export type SellerService = ReturnType<typeof createSellerService>

/** How somebody who earns, by selling or by a share, comes to an account that money can be sent to. */
export function createSellerService({ sql, stripe, settings, now = () => new Date() }: SellerDependencies) {
  const show = (row: SellerRow) => toSeller(row, settings.feeBps)

  async function ensureAccount(seller: SellerRow): Promise<string> {
    const { user_id, stripe_account_id, country } = seller
    if (stripe_account_id !== null) return stripe_account_id
    const wish = { user_id, ...(country !== null && { country }) }
    // Another country is another request, which Stripe would refuse under the same key.
    const { id } = await stripe.createAccount(wish, `account:${user_id}:${country ?? ''}`)
    await linkAccount(sql, user_id, id, now())
    return (await findSeller(sql, user_id))?.stripe_account_id ?? id
  }

  return {
    async get({ id }: Actor): Promise<Seller> {
      return show((await findSeller(sql, id)) ?? nobodyYet(id))
    },

    async update({ id }: Actor, changes: UpdateSeller, confirm: Confirm): Promise<Seller> {
      return show(await sql.begin((tx) => change(tx, id, changes, now(), confirm)))
    },

    async onboard({ id }: Actor, changes: UpdateSeller): Promise<OnboardingLink> {
      const seller = await sql.begin((tx) => change(tx, id, changes, now()))
      try {
        const account_id = await ensureAccount(seller)
        return await stripe.createAccountLink({
          account_id,
          refresh_url: `${settings.appUrl}/seller/onboarding?state=expired`,
          return_url: `${settings.appUrl}/seller/onboarding?state=returned`,
        })
      } catch (error) {
        if (!(error instanceof StripeRefusal)) throw error
        throw new AppError('conflict', `Stripe does not take this account: ${error.code}`, { cause: error })
      }
    },
  }
}

async function change(
  tx: Parameters<typeof lockSeller>[0],
  userId: string,
  changes: UpdateSeller,
  now: Date,
  confirm: Confirm = () => {},
): Promise<SellerRow> {
  const row = await lockSeller(tx, userId, now)
  confirm(row)
  const { country } = changes
  if (country !== undefined && country !== row.country && row.stripe_account_id !== null) {
    throw new AppError('conflict', 'The country of an account at Stripe stays what it is')
  }
  return Object.keys(changes).length > 0 ? updateSeller(tx, userId, changes, now) : row
}

const nobodyYet = (user_id: string): SellerRow => ({
  user_id,
  stripe_account_id: null,
  charges_enabled: false,
  payouts_enabled: false,
  requirements_due: [],
  legal_name: null,
  legal_address: null,
  country: null,
  fee_bps: null,
  revision: 0,
})

function toSeller(
  { stripe_account_id, requirements_due, fee_bps, ...row }: SellerRow,
  usualBps: number,
): Seller {
  const isActive = row.charges_enabled && row.payouts_enabled
  const status = isActive ? 'active' : requirements_due.length > 0 ? 'incomplete' : 'in_review'
  return {
    ...row,
    status: stripe_account_id === null ? 'not_started' : status,
    requirements_due: [...requirements_due],
    fee_bps: fee_bps ?? usualBps,
  }
}
