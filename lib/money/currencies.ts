import * as z from 'zod/mini'

interface CurrencyRule {
  /** Digits after the point: an amount of 1000 is 10.00 of `usd` and 1000 of `jpy`. */
  readonly digits: 0 | 2
  /** The least that Stripe charges, in minor units. */
  readonly min: number
}

/**
 * What can be sold in: currencies that Stripe settles, and its minimum charges
 * (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts). Of `huf` and `twd` it pays out whole units only.
 */
const rules = {
  aud: { digits: 2, min: 50 },
  brl: { digits: 2, min: 50 },
  cad: { digits: 2, min: 50 },
  chf: { digits: 2, min: 50 },
  czk: { digits: 2, min: 1_500 },
  dkk: { digits: 2, min: 250 },
  eur: { digits: 2, min: 50 },
  gbp: { digits: 2, min: 30 },
  jpy: { digits: 0, min: 50 },
  krw: { digits: 0, min: 1_000 },
  mxn: { digits: 2, min: 1_000 },
  nok: { digits: 2, min: 300 },
  nzd: { digits: 2, min: 50 },
  pln: { digits: 2, min: 200 },
  sek: { digits: 2, min: 300 },
  sgd: { digits: 2, min: 50 },
  usd: { digits: 2, min: 50 },
} as const satisfies Readonly<Record<string, CurrencyRule>>

export type Currency = keyof typeof rules

export const currencies = Object.keys(rules) as readonly Currency[]
export const currency = z.enum(Object.keys(rules) as [Currency, ...Currency[]])

/** Eight digits: the most that Stripe charges at once. */
export const mostAmount = 99_999_999

/** In minor units; nothing, or as much as anything may cost. */
export const amount = z.int().check(z.minimum(0), z.maximum(mostAmount))

/** The same, and not nothing. */
export const positiveAmount = z.int().check(z.minimum(1), z.maximum(mostAmount))

export const leastCharge = (currency: Currency): number => rules[currency].min

/** For people, in English: `€10.00`, `¥1,000`. */
export const formatAmount = (amount: number, currency: string): string =>
  new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
    minimumFractionDigits: digitsOf(currency),
    maximumFractionDigits: digitsOf(currency),
  }).format(amount / 10 ** digitsOf(currency))

/** For tables: `10.00`, `1000`. */
export const toDecimal = (amount: number, currency: string): string =>
  (amount / 10 ** digitsOf(currency)).toFixed(digitsOf(currency))

const digitsOf = (currency: string): number => rules[currency as Currency]?.digits ?? 2
