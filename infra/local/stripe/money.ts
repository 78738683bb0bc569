import { badRequest } from './wire/error.ts'

/** https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts; elsewhere the worth of half a dollar is asked. */
const minimums: Readonly<Record<string, number>> = {
  aed: 200,
  aud: 50,
  bgn: 100,
  brl: 50,
  cad: 50,
  chf: 50,
  czk: 1_500,
  dkk: 250,
  eur: 50,
  gbp: 30,
  hkd: 400,
  huf: 17_500,
  inr: 50,
  jpy: 50,
  krw: 1_000,
  mxn: 1_000,
  myr: 200,
  nok: 300,
  nzd: 50,
  pln: 200,
  ron: 200,
  sek: 300,
  sgd: 50,
  thb: 1_000,
  twd: 2_000,
  usd: 50,
}

const zeroDecimal = new Set(['jpy', 'krw'])

const MAX_AMOUNT = 99_999_999

const FEE_RATE = 0.029
const FEE_FIXED = 30

/** Whole units where the currency has no smaller ones: `$0.50 usd`, `¥50 jpy`. */
export function formatMoney(amount: number, currency: string): string {
  const digits = zeroDecimal.has(currency) ? 0 : 2
  const options = {
    style: 'currency',
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }
  return new Intl.NumberFormat('en-US', options as Intl.NumberFormatOptions).format(amount / 10 ** digits)
}

export function checkCurrency(given: string): string {
  const currency = given.toLowerCase()
  if (minimums[currency] === undefined) {
    const known = Object.keys(minimums).join(', ')
    throw badRequest(`Invalid currency: ${given}. Stripe currently supports these currencies: ${known}`, {
      param: 'currency',
    })
  }
  return currency
}

export function checkChargeAmount(amount: number, currency: string): void {
  checkPositive(amount)
  const minimum = minimums[currency]!
  if (amount < minimum) {
    throw badRequest(`Amount must be at least ${formatMoney(minimum, currency)} ${currency}`, {
      code: 'amount_too_small',
      param: 'amount',
    })
  }
  if (amount > MAX_AMOUNT) {
    throw badRequest(`Amount must be no more than ${formatMoney(MAX_AMOUNT, currency)} ${currency}`, {
      code: 'amount_too_large',
      param: 'amount',
    })
  }
}

export function checkPositive(amount: number): void {
  if (amount < 1) {
    throw badRequest('This value must be greater than or equal to 1.', {
      code: 'parameter_invalid_integer',
      param: 'amount',
    })
  }
}

/** 2.9 % and 30 of the smallest unit. */
export const stripeFee = (amount: number): number => Math.round(amount * FEE_RATE) + FEE_FIXED
