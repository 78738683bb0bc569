import type { Machine } from '../control/switch.ts'
import { authenticationPage } from './authentication.ts'
import { dashboard } from './dashboard.ts'
import { html } from './html.ts'
import { type PageAnswer, showPage, type Visit } from './layout.ts'
import { objectPage } from './objects.ts'
import { onboardingPage } from './onboarding.ts'

/** What Stripe shows people, one plain page each. */
export function pages(machine: Machine, visit: Visit): PageAnswer {
  const [, name = '', id = ''] = visit.path.split('/')
  if (name === '') return dashboard(machine)
  if (name === 'favicon.ico') return { status: 204, headers: {}, body: '' }
  if (name === 'authenticate') return authenticationPage(machine, id, visit)
  if (name === 'onboarding') return onboardingPage(machine, id, visit)
  if (name === 'objects' || name === 'receipts') return objectPage(machine, id)
  return showPage('Not found', html`<h1>Not found</h1>`, 404)
}
