import type { Currency } from '../money/currencies.ts'

/** The least that is paid out at once, in minor units: about ten euros' worth of each currency. */
const least: Readonly<Record<Currency, number>> = {
  aud: 1_500,
  brl: 5_000,
  cad: 1_500,
  chf: 1_000,
  czk: 25_000,
  dkk: 7_500,
  eur: 1_000,
  gbp: 1_000,
  jpy: 1_500,
  krw: 15_000,
  mxn: 20_000,
  nok: 10_000,
  nzd: 1_500,
  pln: 4_000,
  sek: 10_000,
  sgd: 1_500,
  usd: 1_000,
}

export const leastPayout = (currency: string): number => least[currency as Currency]

/** For statements that look at many at once. */
export const leastPayouts = Object.entries(least).map(([currency, amount]) => ({ currency, amount }))
