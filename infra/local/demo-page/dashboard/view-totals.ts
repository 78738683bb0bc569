import { byId, createSlot, el } from '../dom.ts'
import { formatCount, formatHours, formatMoney, formatShare } from './figures.ts'
import type { Dashboard, Totals } from './wire.ts'

interface Tile {
  readonly label: string
  readonly text: string
  /** Of the comparison with the time before. */
  readonly change?: number | null | undefined
}

const orDash = <T>(value: T | null, format: (value: T) => string) => (value === null ? '–' : format(value))

function tilesOf({ totals, previous, sales }: Dashboard): Tile[] {
  const tile = (label: string, text: string, key: keyof Totals): Tile => ({
    label,
    text,
    ...(previous && { change: previous.change[key] }),
  })
  return [
    tile('Plays', formatCount(totals.play_count), 'play_count'),
    tile('Listeners', orDash(totals.listener_count, formatCount), 'listener_count'),
    tile('Completed', orDash(totals.completion_rate, formatShare), 'completion_rate'),
    tile('Listened', formatHours(totals.listened_ms), 'listened_ms'),
    tile('Views', formatCount(totals.view_count), 'view_count'),
    tile('Sales', formatCount(totals.sale_count), 'sale_count'),
    tile('Sales per look', orDash(totals.conversion_rate, formatShare), 'conversion_rate'),
    ...sales.totals.map(({ currency, earned_amount }) => ({
      label: `Earned (${currency.toUpperCase()})`,
      text: formatMoney(earned_amount, currency),
    })),
  ]
}

const slot = createSlot(byId('totals'))

export const drawTotals = (dashboard: Dashboard): void => {
  const tiles = tilesOf(dashboard)
  slot(tiles, () => tiles.map(drawTile))
}

const drawTile = ({ label, text, change }: Tile) =>
  el(
    'div',
    { class: 'total' },
    el('span', { class: 'quiet' }, label),
    el('strong', { class: 'digits' }, text),
    change !== undefined && drawChange(change),
  )

function drawChange(change: number | null) {
  if (change === null) return el('span', { class: 'quiet change' }, 'nothing before')
  const sign = change > 0 ? '▲' : change < 0 ? '▼' : '='
  const kind = change > 0 ? 'good' : change < 0 ? 'bad' : 'quiet'
  const spoken = change > 0 ? 'more than before' : change < 0 ? 'less than before' : 'as before'
  return el(
    'span',
    { class: `change digits ${kind}` },
    el('span', { 'aria-hidden': 'true' }, `${sign} `),
    formatShare(Math.abs(change)),
    el('span', { class: 'unseen' }, ` ${spoken}`),
  )
}
