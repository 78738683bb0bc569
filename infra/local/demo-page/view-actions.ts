import { byId, createSlot, el, icon } from './dom.ts'
import type { Item } from './store.ts'
import { badge, stateOf } from './view-shelf.ts'

export interface TrackActions {
  preview(): void
  download(trackId: string): void
  discard(trackId: string): void
}

/** What one may do with a track as it stands. */
export function createActionsView(actions: TrackActions) {
  const slot = createSlot(byId('track-actions'))
  const button = (name: string, label: string, onclick: () => void) =>
    el('button', { type: 'button', class: 'small', onclick }, icon(name), label)

  return (item: Item): void => {
    const { track } = item
    const isReady = track.status === 'ready'
    // Its clip is cut when it is listened to, as its waveform is drawn.
    const hasPreview = isReady && track.access.stream && track.waveform_url !== null
    const canSave = isReady && track.access.download
    const canDiscard = track.access.edit && !item.transfer
    slot([track.id, stateOf(item), hasPreview, canSave, canDiscard], () => [
      badge(item),
      hasPreview && button('play', 'Preview', actions.preview),
      canSave && button('save', 'Download', () => actions.download(track.id)),
      canDiscard && button('cross', 'Delete', () => actions.discard(track.id)),
    ])
  }
}
