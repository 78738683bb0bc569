import { byId, el } from '../dom.ts'
import { formatCount, formatHours, formatShare, nameCountry } from './figures.ts'
import type { Dashboard, Slice } from './wire.ts'

const sourceNames: Readonly<Record<string, string>> = {
  search: 'Search',
  feed: 'Feed',
  profile: 'Profile',
  playlist: 'Playlists',
  share: 'Shared links',
  embed: 'Embedded players',
  chart: 'Charts',
  direct: 'Directly',
  other: 'Other',
}

const reasons: Readonly<Record<string, string>> = {
  ua: 'Known robots',
  datacenter: 'Addresses of data centres',
  rate: 'More than a person plays',
  no_token: 'Without a play token',
  pattern: 'Heard more than time allows',
}

const capitalize = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

export function drawTables(dashboard: Dashboard): void {
  drawBars('sources', dashboard.sources, (value) => sourceNames[value] ?? value)
  drawBars('countries', dashboard.countries, (value) => capitalize(nameCountry(value)))
  drawBars('devices', dashboard.devices, capitalize)
  drawTracks(dashboard.top_tracks)
  drawProducts(dashboard.products)
  drawFiltered(dashboard.filtered)
}

/** Or why there is nothing to show. */
const show = (id: string, isEmpty: boolean, why: string, draw: () => Node): void =>
  byId(id).replaceChildren(isEmpty ? el('p', { class: 'quiet empty' }, why) : draw())

function drawBars(id: string, slices: readonly Slice[], name: (value: string) => string): void {
  const most = Math.max(...slices.map(({ share }) => share))
  show(id, slices.length === 0, 'From five listeners on.', () =>
    el('ul', { class: 'bars' }, ...slices.map((slice) => drawBar(slice, name(slice.value), most))),
  )
}

/** As wide as its part of the widest; a style that script sets is none that the page's policy forbids. */
function drawBar({ play_count, share }: Slice, name: string, most: number) {
  const fill = el('span', { class: 'bar-fill' })
  fill.style.width = `${(100 * share) / most}%`
  return el(
    'li',
    {},
    el('span', {}, name),
    el('span', { class: 'digits quiet', title: `${formatCount(play_count)} plays` }, formatShare(share)),
    el('span', { class: 'bar-track', 'aria-hidden': 'true' }, fill),
  )
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]) {
  const [first, ...others] = heads
  return el(
    'table',
    {},
    el(
      'thead',
      {},
      el(
        'tr',
        {},
        el('th', { scope: 'col' }, first),
        ...others.map((head) => el('th', { scope: 'col', class: 'number' }, head)),
      ),
    ),
    el(
      'tbody',
      {},
      ...rows.map(([name, ...cells]) =>
        el(
          'tr',
          {},
          el('th', { scope: 'row' }, name),
          ...cells.map((cell) => el('td', { class: 'number digits' }, cell)),
        ),
      ),
    ),
  )
}

const shareOrDash = (share: number | null) => (share === null ? '–' : formatShare(share))

function drawTracks(tracks: Dashboard['top_tracks']): void {
  const rows = tracks.map((track) => [
    track.title ?? 'A track that is gone',
    formatCount(track.play_count),
    shareOrDash(track.completion_rate),
    formatHours(track.listened_ms),
    formatCount(track.view_count),
  ])
  show('tracks', rows.length === 0, 'No track was played in this time.', () =>
    table(['Track', 'Plays', 'Completed', 'Listened', 'Views'], rows),
  )
}

function drawProducts(products: Dashboard['products']): void {
  const rows = products.map((product) => [
    product.title ?? 'A product that is gone',
    formatCount(product.view_count),
    formatCount(product.checkout_count),
    formatCount(product.sale_count),
    shareOrDash(product.conversion_rate),
  ])
  show('products', rows.length === 0, 'No product was looked at in this time.', () =>
    table(['Product', 'Looks', 'Checkouts', 'Sales', 'Per look'], rows),
  )
}

function drawFiltered(filtered: Dashboard['filtered']): void {
  const rows = Object.entries(filtered)
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => [reasons[reason] ?? reason, formatCount(count)])
  show('filtered', rows.length === 0, 'Nothing was left out.', () => table(['Why', 'Listenings'], rows))
}
