import type Stripe from 'stripe'
import * as z from 'zod/mini'
import type { Context } from '../context.ts'
import { newId } from '../ids.ts'
import { PLATFORM, type StoredLink } from '../objects.ts'
import { route } from '../route.ts'
import { noSuch } from '../wire/error.ts'
import { text } from '../wire/params.ts'
import { bankAccount, requirementsOf } from './account-shape.ts'
import { changeAccount } from './accounts.ts'

const LINK_SECONDS = 300

/** Payouts to it go through. */
const GOOD_BANK = '000123456789'

const linkParams = z.strictObject({
  account: text,
  collection_options: z.optional(z.looseObject({})),
  refresh_url: z.optional(text),
  return_url: z.optional(text),
  type: z.enum(['account_onboarding', 'account_update']),
})

function createLink(context: Context, params: z.output<typeof linkParams>) {
  const { account, refresh_url = '', return_url = '' } = params
  if (!context.store.find('account', account, PLATFORM)) throw noSuch('account', account, 'account')
  const id = newId('alink')
  const link: StoredLink = {
    id,
    object: 'account_link',
    account,
    created: context.now(),
    expires_at: context.now() + LINK_SECONDS,
    refresh_url,
    return_url,
    url: `${context.url}/onboarding/${id}`,
  }
  context.store.insert(link, PLATFORM)
  const { object, created, expires_at, url } = link
  return { object, created, expires_at, url }
}

/** The link, while it may be used: it works once, and not for long. */
export function findOpenLink(context: Context, id: string): StoredLink | undefined {
  const link = context.store.find('account_link', id, PLATFORM)
  return link && link.expires_at > context.now() ? link : undefined
}

export function useLink(context: Context, link: StoredLink, isComplete: boolean): void {
  context.store.replace({ ...link, expires_at: 0 })
  if (isComplete) completeOnboarding(context, context.demand('account', link.account))
}

/** Everything was asked and answered, and found good. */
export function completeOnboarding(context: Context, account: Stripe.Account): Stripe.Account {
  const known = account.external_accounts!
  const bank = known.data.length > 0 ? known.data : [bankAccount(account, GOOD_BANK)]
  return changeAccount(context, account, {
    ...enabled(account, true),
    business_type: account.business_type ?? 'individual',
    details_submitted: true,
    external_accounts: { ...known, data: bank },
    future_requirements: requirementsOf([], null),
    requirements: requirementsOf([], null),
    tos_acceptance: { date: context.now(), ip: '127.0.0.1', user_agent: null },
  })
}

/** Something more is asked, and until it is answered nothing moves. */
export const restrict = (context: Context, account: Stripe.Account, reason: string): Stripe.Account =>
  changeAccount(context, account, {
    ...enabled(account, false),
    requirements: requirementsOf(
      reason === 'requirements.past_due' ? ['individual.verification.document'] : [],
      reason as Stripe.Account.Requirements['disabled_reason'],
    ),
  })

function enabled({ capabilities = {} }: Stripe.Account, isEnabled: boolean) {
  const state = isEnabled ? ('active' as const) : ('inactive' as const)
  return {
    capabilities: Object.fromEntries(Object.keys(capabilities).map((name) => [name, state])),
    charges_enabled: isEnabled,
    payouts_enabled: isEnabled,
  }
}

/** Another bank, by its number. */
export const changeBank = (context: Context, account: Stripe.Account, number: string): Stripe.Account =>
  changeAccount(context, account, {
    external_accounts: { ...account.external_accounts!, data: [bankAccount(account, number)] },
  })

export const accountLinkRoutes = [route('POST /v1/account_links', linkParams, createLink)]
