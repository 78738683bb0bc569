import type Stripe from 'stripe'
import { newId } from '../ids.ts'

/** What a person is still to be asked before money may go to them. */
const REQUIREMENTS = [
  'business_profile.url',
  'business_type',
  'external_account',
  'individual.dob.day',
  'individual.first_name',
  'individual.last_name',
  'tos_acceptance.date',
  'tos_acceptance.ip',
]

export const requirementsOf = (
  currently_due: readonly string[],
  disabled_reason: Stripe.Account.Requirements['disabled_reason'],
): Stripe.Account.Requirements => ({
  alternatives: [],
  current_deadline: null,
  currently_due: [...currently_due],
  disabled_reason,
  errors: [],
  eventually_due: [...currently_due],
  past_due: [...currently_due],
  pending_verification: [],
})

/** Nothing was answered yet. */
export const openRequirements = () => requirementsOf(REQUIREMENTS, 'requirements.past_due')

export const emptyList = <T>(url: string): Stripe.ApiList<T> => ({
  object: 'list',
  data: [],
  has_more: false,
  url,
})

export const defaultSettings = (): Stripe.Account.Settings => ({
  branding: { icon: null, logo: null, primary_color: null, secondary_color: null },
  card_payments: {
    decline_on: { avs_failure: false, cvc_failure: false },
    statement_descriptor_prefix: null,
    statement_descriptor_prefix_kana: null,
    statement_descriptor_prefix_kanji: null,
  },
  dashboard: { display_name: null, timezone: 'Etc/UTC' },
  payments: {
    statement_descriptor: null,
    statement_descriptor_kana: null,
    statement_descriptor_kanji: null,
    statement_descriptor_prefix_kana: null,
    statement_descriptor_prefix_kanji: null,
  },
  payouts: {
    debit_negative_balances: true,
    schedule: { delay_days: 2, interval: 'daily' },
    statement_descriptor: null,
  },
})

/** The bank that payouts go to, by Stripe's numbers for tests: the last digits say what becomes of them. */
export function bankAccount(account: Stripe.Account, number: string): Stripe.BankAccount {
  return {
    id: newId('ba'),
    object: 'bank_account',
    account: account.id,
    account_holder_name: null,
    account_holder_type: 'individual',
    account_type: null,
    available_payout_methods: ['standard'],
    bank_name: 'STRIPE TEST BANK',
    country: account.country!,
    currency: account.default_currency!,
    default_for_currency: true,
    fingerprint: `standIn${number.slice(-4)}`,
    future_requirements: { currently_due: [], errors: [], past_due: [], pending_verification: [] },
    last4: number.slice(-4),
    metadata: {},
    requirements: { currently_due: [], errors: [], past_due: [], pending_verification: [] },
    routing_number: '110000000',
    status: 'new',
  }
}
