import { type Machine, onObject } from '../control/switch.ts'
import { formatMoney } from '../money.ts'
import { authenticate } from '../resources/later-answers.ts'
import { html } from './html.ts'
import { type PageAnswer, redirect, showPage, type Visit } from './layout.ts'

/** Where a bank asks the buyer who they are. */
export function authenticationPage(machine: Machine, id: string, { method, query, form }: Visit): PageAnswer {
  const intent = machine.store.find('payment_intent', id, machine.store.accountOf(id) ?? '')
  if (!intent) return showPage('Not found', html`<h1>There is no such payment</h1>`, 404)
  const returnUrl = query.get('return_url')
  if (method === 'POST' && intent.status === 'requires_action') {
    const outcome = new URLSearchParams(form).get('outcome') === 'failed' ? 'failed' : 'succeeded'
    onObject(machine, id, (context) => authenticate(context, intent, outcome))
    if (returnUrl) return redirect(back(returnUrl, id, intent.client_secret!, outcome))
    return showPage('Done', html`<main class="narrow"><h1>Done</h1><p>You may close this page.</p></main>`)
  }
  if (intent.status !== 'requires_action') {
    return showPage(
      'Done',
      html`<main class="narrow"><h1>Nothing to do</h1><p>The payment is ${intent.status}.</p></main>`,
    )
  }
  const body = html`<main class="narrow">
<h1>3-D Secure</h1>
<p>Your bank asks: do you pay <strong>${formatMoney(intent.amount, intent.currency)}</strong> to Veza?</p>
<form method="post"><input type="hidden" name="outcome" value="succeeded"><button class="main">Complete</button></form>
<form method="post"><input type="hidden" name="outcome" value="failed"><button>Fail</button></form>
<p class="soft"><code>${id}</code></p>
</main>`
  return showPage('3-D Secure', body)
}

/** As Stripe comes back: with the intent, its secret, and how it went. */
function back(returnUrl: string, id: string, secret: string, redirect_status: string): string {
  const url = new URL(returnUrl)
  url.searchParams.set('payment_intent', id)
  url.searchParams.set('payment_intent_client_secret', secret)
  url.searchParams.set('redirect_status', redirect_status)
  return url.href
}
