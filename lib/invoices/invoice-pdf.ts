import { formatAmount } from '../money/currencies.ts'
import { createSheet } from '../pdf/sheet.ts'
import type { InvoiceDocument } from './document-schemas.ts'

const titles = { invoice: 'Invoice', credit_note: 'Credit note' } as const

/** An invoice, or a credit note, for people. */
export async function renderInvoice(document: InvoiceDocument): Promise<Buffer> {
  const { kind, number, seller, buyer, order, corrects, currency } = document
  const title = `${titles[kind]} ${number}`
  const money = (amount: number) => formatAmount(amount, currency)
  const sheet = await createSheet({
    title,
    foot: `${title} of @${seller.username} · made out by Veza`,
    created: new Date(document.issued_at),
  })

  sheet.text(title, { font: 'bold', size: 20 })
  sheet.space(16)
  sheet.fact('Seller', partyOf(seller, [seller.legal_name, seller.address, seller.country]))
  sheet.fact('Buyer', partyOf(buyer, []))
  sheet.fact('Issued on', dateFormat.format(new Date(document.issued_at)))
  sheet.fact('Order', `${order.number}, paid on ${dateFormat.format(new Date(order.paid_at))}`)
  if (corrects) sheet.fact('Takes back from', `Invoice ${corrects.number}`)
  sheet.fact('Currency', currency.toUpperCase())

  sheet.heading(corrects ? 'What was given back' : 'What was sold')
  for (const { title: name, tier, price_amount, discount_amount, amount } of document.lines) {
    const isDiscounted = discount_amount !== 0
    const reckoning = isDiscounted ? `\n${money(price_amount)} less ${money(discount_amount)} discount` : ''
    sheet.entry(`${name}\n${tier}${reckoning}`, money(amount))
  }
  sheet.heading('In all')
  if (document.discount_amount !== 0) {
    sheet.entry('Sum', money(document.subtotal_amount))
    sheet.entry('Discount', money(-document.discount_amount))
  }
  sheet.entry('Total', money(document.total_amount), 'bold')
  return sheet.finish()
}

/** Each on a line of its own: names are written in either direction. */
const partyOf = (
  { display_name, username }: InvoiceDocument['buyer'],
  more: readonly (string | null)[],
): string => [...more.filter((line) => line !== null), display_name, `@${username}`].join('\n')

const dateFormat = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' })
