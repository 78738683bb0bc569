import type Stripe from 'stripe'
import * as z from 'zod/mini'
import type { Context } from '../context.ts'
import { newId } from '../ids.ts'
import { PLATFORM } from '../objects.ts'
import { route } from '../route.ts'
import { badRequest } from '../wire/error.ts'
import { boolean, listParams, mergeMetadata, metadata, text } from '../wire/params.ts'
import { defaultSettings, emptyList, openRequirements } from './account-shape.ts'
import { balancesOf } from './balance.ts'
import { currencyOf } from './countries.ts'

const capability = z.strictObject({ requested: boolean })

const changeable = {
  business_profile: z.optional(z.record(text, text)),
  business_type: z.optional(z.enum(['company', 'government_entity', 'individual', 'non_profit'])),
  capabilities: z.optional(z.record(text, capability)),
  email: z.optional(text),
  metadata: z.optional(metadata),
  settings: z.optional(
    z.strictObject({
      payouts: z.optional(
        z.strictObject({
          debit_negative_balances: z.optional(boolean),
          schedule: z.optional(
            z.strictObject({ interval: z.optional(z.enum(['daily', 'manual', 'monthly', 'weekly'])) }),
          ),
          statement_descriptor: z.optional(text),
        }),
      ),
    }),
  ),
}

const createParams = z.strictObject({
  ...changeable,
  controller: z.optional(
    z.strictObject({
      fees: z.optional(z.strictObject({ payer: z.enum(['account', 'application']) })),
      losses: z.optional(z.strictObject({ payments: z.enum(['application', 'stripe']) })),
      requirement_collection: z.optional(z.enum(['application', 'stripe'])),
      stripe_dashboard: z.optional(z.strictObject({ type: z.enum(['express', 'full', 'none']) })),
    }),
  ),
  country: z.optional(text),
  default_currency: z.optional(text),
  type: z.optional(z.enum(['custom', 'express', 'standard'])),
})

type CreateParams = z.output<typeof createParams>
type Changes = Pick<CreateParams, 'capabilities' | 'settings' | 'business_profile'>

const dashboards = { custom: 'none', express: 'express', standard: 'full' } as const

function create(context: Context, params: CreateParams): Stripe.Account {
  const { type, controller, country = 'US', email, business_type } = params
  if (type && controller) throw badRequest('You may only specify one of these parameters: type, controller.')
  const id = newId('acct', 16)
  const dashboard = controller?.stripe_dashboard?.type ?? dashboards[type ?? 'standard']
  const account: Stripe.Account = {
    id,
    object: 'account',
    business_profile: businessProfile(params.business_profile),
    business_type: business_type ?? null,
    capabilities: requested(params.capabilities),
    charges_enabled: false,
    controller: {
      fees: { payer: controller?.fees?.payer ?? (type === 'standard' ? 'account' : 'application_express') },
      is_controller: true,
      losses: { payments: controller?.losses?.payments ?? (dashboard === 'full' ? 'stripe' : 'application') },
      requirement_collection:
        controller?.requirement_collection ?? (dashboard === 'none' ? 'application' : 'stripe'),
      stripe_dashboard: { type: dashboard },
      type: 'application',
    },
    country,
    created: context.now(),
    default_currency: params.default_currency ?? currencyOf(country),
    details_submitted: false,
    email: email ?? null,
    external_accounts: emptyList(`/v1/accounts/${id}/external_accounts`),
    future_requirements: openRequirements(),
    metadata: mergeMetadata({}, params.metadata),
    payouts_enabled: false,
    requirements: openRequirements(),
    settings: withSettings(defaultSettings(), params.settings),
    tos_acceptance: { date: null, ip: null, user_agent: null },
    type: type ?? (dashboard === 'full' ? 'standard' : dashboard === 'none' ? 'none' : 'express'),
  }
  context.store.insert(account, PLATFORM)
  return account
}

const businessProfile = (given: Changes['business_profile']) =>
  ({
    annual_revenue: null,
    estimated_worker_count: null,
    mcc: null,
    minority_owned_business_designation: null,
    name: null,
    product_description: null,
    specified_commercial_transactions_act_url: null,
    support_address: null,
    support_email: null,
    support_phone: null,
    support_url: null,
    url: null,
    ...given,
  }) as Stripe.Account.BusinessProfile

const requested = (capabilities: Changes['capabilities'] = {}): Stripe.Account.Capabilities =>
  Object.fromEntries(
    Object.entries(capabilities)
      .filter(([, { requested: isRequested }]) => isRequested)
      .map(([name]) => [name, 'inactive']),
  )

function withSettings(
  settings: Stripe.Account.Settings,
  given: Changes['settings'],
): Stripe.Account.Settings {
  const { schedule, ...payouts } = given?.payouts ?? {}
  const before = settings.payouts!
  const changed = { ...before, ...payouts, schedule: { ...before.schedule, ...schedule } }
  return { ...settings, payouts: changed as Stripe.Account.Settings.Payouts }
}

const updateParams = z.strictObject(changeable)

function update(context: Context, params: z.output<typeof updateParams>, id: string): Stripe.Account {
  const account = demandAccount(context, id)
  const { business_type, email } = params
  return changeAccount(context, account, {
    business_profile: { ...account.business_profile, ...params.business_profile } as never,
    capabilities: { ...requested(params.capabilities), ...account.capabilities },
    metadata: mergeMetadata(account.metadata ?? {}, params.metadata),
    settings: withSettings(account.settings!, params.settings),
    ...(business_type && { business_type }),
    ...(email !== undefined && { email }),
  })
}

/** Of the platform's own calls: an account is found from the platform and from itself. */
export const demandAccount = (context: Context, id: string): Stripe.Account =>
  context.as(PLATFORM).demand('account', id)

/** Told in the name of the account, as Connect does. */
export const changeAccount = (
  context: Context,
  account: Stripe.Account,
  changes: Partial<Stripe.Account>,
): Stripe.Account => context.as(account.id).change<'account'>(account, changes, 'account.updated')

function remove(context: Context, id: string) {
  const account = demandAccount(context, id)
  const { available, pending } = balancesOf(context.as(account.id))
  if ([...available, ...pending].some(({ amount }) => amount !== 0)) {
    throw badRequest(`The account ${id} has a balance that is not zero, so it cannot be deleted.`)
  }
  context.store.remove(id)
  return { id, object: 'account', deleted: true }
}

export const accountRoutes = [
  route('POST /v1/accounts', createParams, create),
  route('GET /v1/accounts/{id}', z.strictObject({}), (context, _, id) => demandAccount(context, id)),
  route('POST /v1/accounts/{id}', updateParams, update),
  route('DELETE /v1/accounts/{id}', z.strictObject({}), (context, _, id) => remove(context, id)),
  route('GET /v1/accounts', z.strictObject(listParams), (context, page) =>
    context.store.list('account', PLATFORM, page),
  ),
  route('GET /v1/account', z.strictObject({}), (context) => {
    if (context.account === PLATFORM)
      throw badRequest('The stand-in knows of the platform nothing but its keys.')
    return demandAccount(context, context.account)
  }),
]
