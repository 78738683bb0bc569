import { announce, byId, el } from '../dom.ts'
import { call, get } from '../session.ts'
import { beginVisit, report } from '../visit.ts'
import type { User } from '../wire.ts'
import { formatDay } from './figures.ts'
import { drawCharts } from './view-charts.ts'
import { drawTables } from './view-tables.ts'
import { drawTotals } from './view-totals.ts'
import type { Dashboard } from './wire.ts'

const ranges = { '7d': '7 days', '28d': '28 days', '90d': '90 days', '365d': 'A year' } as const
type Range = keyof typeof ranges

let range: Range = '28d'
let user: User | undefined
let shown: Dashboard | undefined

function draw(): void {
  if (!shown) return
  const { from, to } = shown.range
  byId('as-of').textContent =
    `${formatDay(from)} to ${formatDay(to)}, days of UTC. What was reported by ${new Date(shown.as_of).toLocaleTimeString()} is in it.`
  drawControls()
  drawNothing(shown)
  drawTotals(shown)
  drawCharts(shown)
  drawTables(shown)
}

async function load(): Promise<void> {
  const asked = range
  const loaded = await get<Dashboard>(`/api/v1/analytics/dashboard?range=${asked}&compare=previous`)
  if (asked !== range) return
  shown = loaded
  draw()
  announce(`The figures of ${ranges[range]} are shown`)
}

const loadOrTell = () => void load().catch(report)

function drawControls(): void {
  const choices = Object.entries(ranges).map(([name, label]) =>
    el(
      'button',
      {
        type: 'button',
        class: 'small',
        'aria-pressed': String(name === range),
        onclick: () => choose(name as Range),
      },
      label,
    ),
  )
  byId('controls').replaceChildren(
    el('div', { class: 'choices', role: 'group', 'aria-label': 'Range' }, ...choices),
    el('button', { type: 'button', class: 'small', onclick: loadOrTell }, 'Refresh'),
    el('button', { type: 'button', class: 'small', onclick: () => void save().catch(report) }, 'Save as CSV'),
  )
}

function choose(next: Range): void {
  range = next
  drawControls()
  loadOrTell()
}

/** The file needs the access token, so it is fetched here and handed to the browser whole. */
async function save(): Promise<void> {
  const text = await get<string>(`/api/v1/analytics/dashboard/export.csv?range=${range}`)
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv' }))
  el('a', { href: url, download: `veza-${range}.csv` }).click()
  URL.revokeObjectURL(url)
}

/** A demo artist has no listeners of their own: the platform can make some up, as raw rows that are then summed up. */
function drawNothing({ totals }: Dashboard): void {
  const isEmpty = totals.play_count === 0 && totals.view_count === 0
  byId('nothing').hidden = !isEmpty
  if (!isEmpty) return
  const button = el(
    'button',
    { type: 'button', class: 'primary', onclick: () => void makeUp(button) },
    'Make up three months of listeners',
  )
  byId('nothing').replaceChildren(
    el('h2', {}, 'Nobody has listened yet'),
    el(
      'p',
      { class: 'quiet' },
      'Play a track of yours on the other page and wait a minute; or have the local platform write what some thousand listeners would have reported.',
    ),
    button,
  )
}

async function makeUp(button: HTMLButtonElement): Promise<void> {
  button.disabled = true
  try {
    await call('POST', '/_local/listeners', { body: { user_id: user!.id } })
    await load()
  } catch (error) {
    report(error)
  } finally {
    button.disabled = false
  }
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw)

await beginVisit({
  inside: 'figures',
  onLeave() {
    shown = undefined
  },
  async onEnter(entered) {
    user = entered
    await load()
  },
})
