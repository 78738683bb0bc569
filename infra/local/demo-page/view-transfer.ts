import { byId, el, icon } from './dom.ts'
import { formatBytes, formatSpan } from './format.ts'
import type { Item, Transfer } from './store.ts'

export interface TransferActions {
  pause(trackId: string): void
  tryAgain(trackId: string): void
  /** With the same file, chosen once more. */
  goOn(trackId: string): void
  sendDuplicate(trackId: string): void
  abort(trackId: string): void
}

/** Progress, speed and what one may do about it; its elements stay, so that a button never moves from under a finger. */
export function createTransferView(actions: TransferActions) {
  const bar = el('progress', { max: '1', 'aria-label': 'Uploaded' })
  const share = el('strong', { class: 'digits' })
  const rest = el('span', { class: 'quiet digits' })
  const label = el('span')
  const pause = el('button', { type: 'button', class: 'small', onclick: () => actions.pause(shownId) })
  const again = el(
    'button',
    { type: 'button', class: 'small', onclick: () => actions.tryAgain(shownId) },
    icon('retry'),
    'Try again',
  )
  const choose = el(
    'button',
    { type: 'button', class: 'small', onclick: () => actions.goOn(shownId) },
    icon('drop'),
    'Choose the file again',
  )
  const anyway = el(
    'button',
    { type: 'button', class: 'small', onclick: () => actions.sendDuplicate(shownId) },
    'Send it all the same',
  )
  const abort = el(
    'button',
    { type: 'button', class: 'small', onclick: () => actions.abort(shownId) },
    icon('cross'),
    'Cancel',
  )
  const buttons = el('div', { class: 'buttons' }, pause, again, choose, anyway, abort)
  const box = el('div', { class: 'transfer' }, el('p', { class: 'amounts' }, share, rest), bar, buttons)
  let shownId = ''
  let wasPaused: boolean | undefined
  byId('transfer').replaceChildren(box)
  pause.append(label)

  const drawPause = (isPaused: boolean) => {
    if (wasPaused === isPaused) return
    wasPaused = isPaused
    pause.replaceChildren(icon(isPaused ? 'play' : 'pause'), isPaused ? 'Resume' : 'Pause')
  }

  return ({ track, transfer }: Item): void => {
    shownId = track.id
    box.hidden = !transfer
    if (!transfer) return
    const { state, sent_bytes, size_bytes } = transfer
    if (state === 'preparing') bar.removeAttribute('value')
    else bar.value = size_bytes > 0 ? Math.min(1, sent_bytes / size_bytes) : 0
    share.textContent = state === 'preparing' ? '…' : `${Math.floor((sent_bytes / size_bytes) * 100)} %`
    rest.textContent = restOf(transfer)
    drawPause(state === 'paused')
    pause.hidden = state !== 'sending' && state !== 'paused'
    anyway.hidden = !transfer.is_duplicate
    again.hidden = state !== 'failed' || !anyway.hidden
    choose.hidden = state !== 'interrupted'
    abort.hidden = state === 'preparing'
  }
}

function restOf({ state, sent_bytes, size_bytes, bytes_per_second, parts }: Transfer): string {
  if (state === 'preparing') return 'Computing its checksum'
  const facts = [`${formatBytes(sent_bytes)} of ${formatBytes(size_bytes)}`]
  if (parts) facts.push(`part ${Math.min(parts.done + 1, parts.total)} of ${parts.total}`)
  if (state === 'sending' && bytes_per_second > 0) {
    facts.push(`${formatBytes(bytes_per_second)}/s`)
    facts.push(`${formatSpan(((size_bytes - sent_bytes) / bytes_per_second) * 1_000)} left`)
  }
  if (state === 'paused') facts.push('paused')
  if (state === 'interrupted') facts.push('safe so far; the same file is needed to go on')
  return facts.join(' · ')
}
