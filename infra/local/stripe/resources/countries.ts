import { badRequest } from '../wire/error.ts'

/** Where Stripe opens accounts, by the currency that they pay out in. */
const countries: Readonly<Record<string, string>> = {
  aed: 'AE',
  aud: 'AU',
  bgn: 'BG',
  brl: 'BR',
  cad: 'CA',
  chf: 'CH LI',
  czk: 'CZ',
  dkk: 'DK',
  eur: 'AT BE CY DE EE ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK',
  gbp: 'GB GI',
  hkd: 'HK',
  huf: 'HU',
  inr: 'IN',
  jpy: 'JP',
  mxn: 'MX',
  myr: 'MY',
  nok: 'NO',
  nzd: 'NZ',
  pln: 'PL',
  ron: 'RO',
  sek: 'SE',
  sgd: 'SG',
  thb: 'TH',
  usd: 'US',
}

export function currencyOf(country: string): string {
  const found = Object.entries(countries).find(([, codes]) => codes.split(' ').includes(country))
  if (!found) {
    throw badRequest(
      `Country '${country}' is unknown. Try using a 2-character alphanumeric country code instead, such as 'US', 'EG', or 'GB'.`,
      {
        code: 'country_unsupported',
        param: 'country',
      },
    )
  }
  return found[0]
}
