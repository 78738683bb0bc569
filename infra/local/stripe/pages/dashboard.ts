import type Stripe from 'stripe'
import type { Machine } from '../control/switch.ts'
import { formatMoney } from '../money.ts'
import { PLATFORM } from '../objects.ts'
import { balancesOf } from '../resources/balance.ts'
import type { Delivery } from '../webhooks/deliveries.ts'
import { type Html, html } from './html.ts'
import { type PageAnswer, showPage } from './layout.ts'

const SHOWN = 25

/** What the stand-in holds, for whoever develops or looks on. */
export function dashboard(machine: Machine): PageAnswer {
  return machine.perform(PLATFORM, (context) => {
    const { store } = context
    const page = { limit: SHOWN }
    const body = html`<header><h1>Stripe stand-in</h1>
<p class="soft">${context.url} · ${time(context.now())} · test money only</p></header>
${balance(balancesOf(context))}
${payments(store.list('payment_intent', PLATFORM, page).data)}
${disputes(store.list('dispute', PLATFORM, page).data)}
${refunds(store.list('refund', PLATFORM, page).data)}
${accounts(store.list('account', PLATFORM, page).data)}
${transfers(store.list('transfer', PLATFORM, page).data)}
${payouts(store.newest('payout', SHOWN))}
${events(machine.webhooks.latest(2 * SHOWN))}`
    return showPage('Overview', body)
  })
}

const balance = ({ available, pending }: ReturnType<typeof balancesOf>) =>
  table(
    'Balance of the platform',
    ['currency', 'available', 'pending'],
    available.map(({ currency, amount }, at) => [
      currency,
      money(amount, currency),
      money(pending[at]?.amount ?? 0, currency),
    ]),
  )

const payments = (data: readonly Stripe.PaymentIntent[]) =>
  table(
    'Payments',
    ['created', 'payment', 'amount', 'status', 'order', 'problem'],
    data.map(({ created, id, amount, currency, status, metadata, last_payment_error: problem }) => [
      time(created),
      link(id),
      money(amount, currency),
      state(status),
      code(metadata.order_id),
      problem ? (problem.decline_code ?? problem.code) : '',
    ]),
  )

const disputes = (data: readonly Stripe.Dispute[]) =>
  table(
    'Disputes',
    ['created', 'dispute', 'amount', 'status', 'reason', 'evidence until'],
    data.map(({ created, id, amount, currency, status, reason, evidence_details: { due_by } }) => [
      time(created),
      link(id),
      money(amount, currency),
      state(status),
      reason,
      due_by === null ? '' : time(due_by),
    ]),
  )

const refunds = (data: readonly Stripe.Refund[]) =>
  table(
    'Refunds',
    ['created', 'refund', 'amount', 'status', 'payment', 'reason'],
    data.map(({ created, id, amount, currency, status, payment_intent, reason }) => [
      time(created),
      link(id),
      money(amount, currency),
      state(status),
      link(payment_intent as string | null),
      reason,
    ]),
  )

const accounts = (data: readonly Stripe.Account[]) =>
  table(
    'Connected accounts',
    ['created', 'account', 'country', 'charges', 'payouts', 'asked for'],
    data.map(({ created = 0, id, country, charges_enabled, payouts_enabled, requirements }) => [
      time(created),
      link(id),
      country,
      state(charges_enabled ? 'enabled' : 'disabled'),
      state(payouts_enabled ? 'enabled' : 'disabled'),
      requirements?.currently_due?.join(', '),
    ]),
  )

const transfers = (data: readonly Stripe.Transfer[]) =>
  table(
    'Transfers',
    ['created', 'transfer', 'amount', 'reversed', 'to', 'group'],
    data.map(({ created, id, amount, amount_reversed, currency, destination, transfer_group }) => [
      time(created),
      link(id),
      money(amount, currency),
      money(amount_reversed, currency),
      link(destination as string),
      code(transfer_group),
    ]),
  )

const payouts = (data: readonly Stripe.Payout[]) =>
  table(
    'Payouts',
    ['created', 'payout', 'amount', 'status', 'failure'],
    data.map(({ created, id, amount, currency, status, failure_code }) => [
      time(created),
      link(id),
      money(amount, currency),
      state(status),
      failure_code,
    ]),
  )

const events = (data: readonly Delivery[]) =>
  table(
    'Events and their deliveries',
    ['event', 'type', 'delivery', 'attempts'],
    data.map(({ event_id, type, state: how, attempts }) => [
      link(event_id),
      type,
      state(how),
      attempts
        .slice(-4)
        .map(({ status, error, duration_ms }) => `${status ?? error} in ${duration_ms} ms`)
        .join(', ') + (attempts.length > 4 ? ` (${attempts.length} in all)` : ''),
    ]),
  )

type Cell = string | null | undefined | Html

/** Nothing, where there is nothing to show. */
function table(title: string, columns: readonly string[], rows: readonly (readonly Cell[])[]): Html | null {
  if (rows.length === 0) return null
  return html`<section><h2>${title}</h2><table>
<thead><tr>${columns.map((column) => html`<th>${column}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody>
</table></section>`
}

const good = new Set(['succeeded', 'paid', 'won', 'enabled', 'delivered'])
const bad = new Set(['failed', 'lost', 'canceled', 'disabled', 'requires_payment_method', 'needs_response'])

const state = (status: string | null) => {
  const name = status ?? ''
  const kind = good.has(name) ? 'good' : bad.has(name) ? 'bad' : ''
  return html`<span class="state ${kind}">${name.replaceAll('_', ' ')}</span>`
}

const time = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')
const money = (amount: number, currency: string) =>
  html`<span class="amount">${formatMoney(amount, currency)}</span>`
const code = (text: string | null | undefined) => (text ? html`<code>${text}</code>` : '')
const link = (id: string | null) => (id ? html`<a href="/objects/${id}"><code>${id}</code></a>` : '')
