import { byId, createSlot, el } from './dom.ts'
import { formatTime } from './format.ts'
import { type Item, listItems, select, selectedItem } from './store.ts'

/** The state of a track in one word, and how it is coloured. */
export function stateOf({ track, upload, transfer }: Item): { readonly word: string; readonly tone: string } {
  if (transfer?.state === 'failed' || transfer?.state === 'interrupted') {
    return { word: transfer.state, tone: 'bad' }
  }
  if (transfer) return { word: transfer.state === 'paused' ? 'paused' : 'uploading', tone: 'live' }
  const status = upload?.status ?? track.status
  if (status === 'ready') return { word: 'ready', tone: 'good' }
  if (status === 'rejected' || status === 'failed') return { word: status, tone: 'bad' }
  return { word: status, tone: status === 'draft' ? 'plain' : 'live' }
}

export const badge = (item: Item): HTMLElement => {
  const { word, tone } = stateOf(item)
  return el('span', { class: `badge ${tone}` }, word)
}

const slot = createSlot(byId('shelf'))

export function drawShelf(): void {
  const items = listItems()
  const chosen = selectedItem()?.track.id
  const model = items.map((item) => [item.track.id, item.track.title, item.track.duration_ms, stateOf(item)])
  slot([chosen, model], () =>
    items.length === 0
      ? [el('p', { class: 'quiet' }, 'None yet.')]
      : [el('ul', {}, ...items.map((item) => el('li', {}, row(item, item.track.id === chosen))))],
  )
}

function row(item: Item, isChosen: boolean): HTMLElement {
  const { id, title, duration_ms } = item.track
  return el(
    'button',
    {
      type: 'button',
      class: 'row',
      'data-track': id,
      'aria-current': isChosen ? 'true' : undefined,
      onclick: () => choose(id),
    },
    el('span', { class: 'row-title' }, title),
    el('span', { class: 'quiet digits' }, duration_ms === null ? '' : formatTime(duration_ms / 1_000)),
    badge(item),
  )
}

/** The row is drawn anew with the choice; the focus goes with it. */
function choose(id: string): void {
  select(id)
  requestAnimationFrame(() => byId('shelf').querySelector<HTMLElement>(`[data-track="${id}"]`)?.focus())
}
