import type { Machine } from '../control/switch.ts'
import { html } from './html.ts'
import { type PageAnswer, showPage } from './layout.ts'

/** One object as the API shows it. */
export function objectPage({ store }: Machine, id: string): PageAnswer {
  const account = store.accountOf(id)
  const found = account === undefined ? undefined : store.findAny(id, account)
  if (!found) return showPage('Not found', html`<h1>There is no ${id}</h1>`, 404)
  const owner = account
    ? html`<p class="soft">of <a href="/objects/${account}"><code>${account}</code></a></p>`
    : null
  return showPage(
    id,
    html`<header><p><a href="/">Overview</a></p><h1><code>${id}</code></h1>${owner}</header>
<pre>${JSON.stringify(found, undefined, 2)}</pre>`,
  )
}
