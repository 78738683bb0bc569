import { formatAmount } from '../money/currencies.ts'
import { type ContractValues, renderContract } from '../products/contract.ts'
import { describeTerms, wordTerms } from '../products/terms.ts'
import type { LicensableItem } from './certificate.ts'

/** The contract as it is agreed on: every variable filled in. */
export const fillContract = (item: LicensableItem, serial: string, now: Date): string =>
  renderContract(item.contract, valuesOf(item, serial, now))

function valuesOf(item: LicensableItem, serial: string, now: Date): ContractValues {
  const { seller, buyer, terms } = item
  const paid = item.price_amount - item.discount_amount
  return {
    ...wordTerms(terms),
    contract_date: dateFormat.format(now),
    licensor_name: seller.legal_name ?? seller.display_name,
    licensor_alias: seller.display_name,
    // Not for whoever takes what is free.
    licensor_address: (paid > 0 && item.seller_address) || notStated,
    // Buyers give no other name than the one they go by.
    licensee_name: buyer.display_name,
    licensee_alias: buyer.display_name,
    licensee_address: notStated,
    product: item.title,
    track: item.track?.title ?? item.title,
    license: item.tier_name,
    price: formatAmount(paid, item.currency),
    order_number: String(item.order_number),
    serial,
    limits: describeTerms(terms),
  }
}

const notStated = '(not stated)'
const dateFormat = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' })
