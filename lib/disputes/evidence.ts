import { formatAmount } from '../money/currencies.ts'
import type { Access, DisputedItem, DisputeFacts, PriorOrder } from './evidence-repository.ts'
import { cutText, joinWithin } from './evidence-text.ts'

/** Stripe takes so many characters of each text, and of all together. */
export const mostOfField = 20_000
export const mostOfAll = 150_000

export interface EvidenceFacts {
  readonly order: DisputeFacts
  readonly access: readonly Access[]
  readonly prior: readonly PriorOrder[]
}

/** All that speaks for the sale, by the names of Stripe's fields; what there is nothing to say of is left out. */
export function writeEvidence({ order, access, prior }: EvidenceFacts): Record<string, string> {
  const fields = {
    customer_name: order.buyer_name,
    customer_email_address: order.buyer_email ?? '',
    customer_purchase_ip: order.buyer_ip ?? '',
    product_description: describeItems(order),
    service_date: order.delivered_at ? dateOf(order.delivered_at) : '',
    access_activity_log: writeLog(order, access),
    refund_policy_disclosure: refundPolicy,
    refund_refusal_explanation: explainRefusal(order, access),
    uncategorized_text: writeRest(order, prior),
  }
  return Object.fromEntries(
    Object.entries(fields)
      .map(([name, text]) => [name, cutText(text, mostOfField)] as const)
      .filter(([, text]) => text !== ''),
  )
}

const refundPolicy =
  'Licences are delivered as files right after payment. The seller can refund them within 14 days of the payment, ' +
  'Veza within 90 days. A full refund ends the licence. The contract of each licence is shown before it is ordered ' +
  'and is part of the order.'

const describeItems = ({ items, currency }: DisputeFacts) =>
  [
    'Digital licences of music, delivered as files for download at once:',
    ...items.map(
      (item) =>
        `- "${item.title}", ${item.tier_name}, by ${item.seller}: ${formatAmount(item.amount, currency)}`,
    ),
  ].join('\n')

/** In the order of time; where it is too long, its beginning and its end. */
function writeLog(order: DisputeFacts, access: readonly Access[]): string {
  const { ordered_at, paid_at, delivered_at, buyer_ip, buyer_user_agent } = order
  const lines = [
    `${ordered_at.toISOString()} ordered${from(buyer_ip, buyer_user_agent)}`,
    `${paid_at.toISOString()} paid`,
    ...(delivered_at ? [`${delivered_at.toISOString()} licences issued, files ready for download`] : []),
    ...access.map(
      ({ at, kind, serial, ip, user_agent }) =>
        `${at.toISOString()} ${words[kind]} ${serial}${from(ip, user_agent)}`,
    ),
  ]
  return joinWithin(lines, mostOfField)
}

const words = {
  download: 'files downloaded by the signed-in customer, licence',
  verification: 'certificate looked up, licence',
} as const

const from = (ip: string | null, userAgent: string) =>
  `${ip ? ` from ${ip}` : ''}${userAgent ? ` with ${userAgent}` : ''}`

function explainRefusal({ refunded_amount, currency }: DisputeFacts, access: readonly Access[]): string {
  const downloads = access.filter(({ kind }) => kind === 'download')
  const [first, last] = [downloads[0], downloads.at(-1)]
  const used =
    first && last
      ? `The customer, signed in to their account, downloaded what they bought ${downloads.length} times, first on ${dateOf(first.at)}, last on ${dateOf(last.at)}.`
      : 'The files have been ready for download in the account of the customer since the purchase.'
  const refunded =
    refunded_amount > 0 ? ` ${formatAmount(refunded_amount, currency)} of it were refunded before.` : ''
  return `What was ordered was delivered in full. ${used}${refunded}`
}

/** The receipt, what was delivered, what else the customer has bought, and the contracts, which may be cut. */
function writeRest(order: DisputeFacts, prior: readonly PriorOrder[]): string {
  const head = [writeReceipt(order), writeDelivered(order.items), writePrior(order, prior)]
    .filter((part) => part !== '')
    .join('\n\n')
  const contracts = order.items.flatMap(({ license }) => (license ? [license] : []))
  if (contracts.length === 0) return head
  const most = Math.floor((mostOfField - head.length) / contracts.length) - 200
  const texts = contracts.map(
    ({ serial, contract }) =>
      `CONTRACT of ${serial}, shown before the order and accepted with it:\n${cutText(contract, Math.max(most, 500))}`,
  )
  return [head, ...texts].join('\n\n')
}

const writeReceipt = (order: DisputeFacts) =>
  [
    `RECEIPT, order ${order.order_number}, paid on ${dateOf(order.paid_at)}`,
    ...order.items.map(
      ({ title, tier_name, amount }) => `"${title}", ${tier_name}: ${formatAmount(amount, order.currency)}`,
    ),
    `Total: ${formatAmount(order.total_amount, order.currency)}`,
    `Customer: ${order.buyer_name}, with an account since ${dateOf(order.buyer_since)}`,
  ].join('\n')

function writeDelivered(items: readonly DisputedItem[]): string {
  const files = items.flatMap(({ license }) =>
    (license?.files ?? []).map(
      ({ title, format, sha256 }) =>
        `${license!.serial}: "${title}", ${format}${sha256 ? `, SHA-256 ${sha256}` : ''}`,
    ),
  )
  return files.length === 0 ? '' : joinWithin(['FILES DELIVERED', ...files], 5_000)
}

function writePrior({ buyer_ip }: DisputeFacts, prior: readonly PriorOrder[]): string {
  if (prior.length === 0) return ''
  const lines = prior.map(({ number, paid_at, total_amount, currency, ip }) => {
    const place = ip === null ? '' : ip === buyer_ip ? ', from the same address' : `, from ${ip}`
    return `Order ${number}, ${dateOf(paid_at)}: ${formatAmount(total_amount, currency)}${place}`
  })
  return joinWithin(['EARLIER ORDERS of the same customer that were never disputed', ...lines], 4_000)
}

const dateOf = (date: Date) => date.toISOString().slice(0, 10)
