import type { Machine } from '../control/switch.ts'
import { PLATFORM } from '../objects.ts'
import { findOpenLink, useLink } from '../resources/onboarding.ts'
import { html } from './html.ts'
import { type PageAnswer, redirect, showPage, type Visit } from './layout.ts'

/** Where a seller tells Stripe who they are: here they tell nothing, and press a button. */
export function onboardingPage(machine: Machine, id: string, { method, form }: Visit): PageAnswer {
  return machine.perform(PLATFORM, (context) => {
    const known = context.store.find('account_link', id, PLATFORM)
    if (!known) return showPage('Not found', html`<h1>There is no such link</h1>`, 404)
    const link = findOpenLink(context, id)
    // Used or too old: the platform makes a new one.
    if (!link) return known.refresh_url === '' ? expired() : redirect(known.refresh_url)
    if (method !== 'POST') return ask(link.account)
    useLink(context, link, new URLSearchParams(form).get('outcome') !== 'unfinished')
    return link.return_url === '' ? done() : redirect(link.return_url)
  })
}

const ask = (account: string) =>
  showPage(
    'Onboarding',
    html`<main class="narrow">
<h1>Get paid by Veza</h1>
<p>Stripe would ask who you are and where your bank is. The stand-in believes you.</p>
<form method="post"><input type="hidden" name="outcome" value="complete"><button class="main">Complete</button></form>
<form method="post"><input type="hidden" name="outcome" value="unfinished"><button>Leave unfinished</button></form>
<p class="soft"><code>${account}</code></p>
</main>`,
  )

const done = () =>
  showPage('Done', html`<main class="narrow"><h1>Done</h1><p>You may close this page.</p></main>`)

const expired = () =>
  showPage('Expired', html`<main class="narrow"><h1>This link has expired</h1></main>`, 410)
