import { announce, byId, createSlot, el, icon } from './dom.ts'
import { formatSpan } from './format.ts'
import type { Item } from './store.ts'
import { type Step, timelineOf } from './timeline.ts'

export interface WayActions {
  retry(trackId: string): void
  replace(trackId: string): void
}

const marks = { done: 'check', failed: 'cross' } as const
const spoken = { pending: 'to come', current: 'under way', done: 'done', failed: 'failed' } as const

/** Each step with how long it took, then what it means and what one can do. */
export function createWayView(actions: WayActions) {
  const steps = createSlot(byId('steps'))
  const sentence = createSlot(byId('sentence'))

  return (item: Item): void => {
    const { track, upload } = item
    const timeline = timelineOf(item)
    const canRetry = upload?.can_retry === true
    const canReplace = track.access.edit && timeline.tone === 'bad' && !canRetry && !item.transfer
    steps(timeline.steps, () => timeline.steps.map(drawStep))
    sentence([track.id, timeline.sentence, timeline.tone, canRetry, canReplace], () => [
      el('p', { class: timeline.tone }, timeline.sentence),
      canRetry &&
        el(
          'button',
          { type: 'button', class: 'primary', onclick: () => actions.retry(track.id) },
          icon('retry'),
          'Retry',
        ),
      canReplace &&
        el(
          'button',
          { type: 'button', onclick: () => actions.replace(track.id) },
          icon('drop'),
          'Send another file',
        ),
    ])
    const current = timeline.steps.findLast(({ state }) => state !== 'pending')
    announce(
      `${track.title}: ${current ? `${current.label} ${spoken[current.state]}. ` : ''}${timeline.sentence}`,
    )
  }
}

function drawStep({ label, state, took_ms }: Step): HTMLElement {
  return el(
    'li',
    { class: state, 'aria-current': state === 'current' ? 'step' : undefined },
    el('span', { class: 'dot' }, state === 'done' || state === 'failed' ? icon(marks[state]) : null),
    el('span', { class: 'step-label' }, label, el('span', { class: 'unseen' }, `, ${spoken[state]}`)),
    el('span', { class: 'quiet digits' }, took_ms === undefined ? '\u00a0' : formatSpan(took_ms)),
  )
}
