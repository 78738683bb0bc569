import { explain } from './api.ts'
import { byId, createSlot, el, icon, showProblem } from './dom.ts'
import { chooseFile } from './files.ts'
import { follow } from './follow.ts'
import { call, get } from './session.ts'
import {
  clear,
  findItem,
  listItems,
  loadTracks,
  put,
  remove,
  selectedItem,
  subscribe,
  trackPath,
} from './store.ts'
import { abort, goOn, pause, resumeAll, sendDuplicate, tryAgain, uploadNew, uploadTo } from './uploads.ts'
import { createActionsView } from './view-actions.ts'
import { drawFacts } from './view-facts.ts'
import { showIntake } from './view-intake.ts'
import { createPlayerView } from './view-player.ts'
import { drawShelf } from './view-shelf.ts'
import { createTransferView } from './view-transfer.ts'
import { createWayView } from './view-way.ts'
import { beginVisit, report } from './visit.ts'
import type { Track } from './wire.ts'

const drawTransfer = createTransferView({
  pause,
  tryAgain,
  sendDuplicate,
  goOn: (id) => chooseFile((file) => void goOn(id, file).catch(report)),
  abort: (id) => void abort(id).catch(report),
})
const drawWay = createWayView({
  retry: (id) => void retry(id).catch(report),
  replace: (id) => chooseFile((file) => void uploadTo(id, file).catch(report)),
})
const player = createPlayerView()
const drawActions = createActionsView({
  preview: () => void player.preview(),
  download: (id) => void download(id).catch(report),
  discard: (id) => void discard(id).catch(report),
})
const artwork = createSlot(byId('artwork'))

function draw(): void {
  drawShelf()
  const item = selectedItem()
  byId('desk').classList.toggle('busy', item !== undefined)
  byId('nothing').hidden = item !== undefined
  byId('track').hidden = item === undefined
  player.show(item)
  if (!item) return
  const { track } = item
  byId('track-title').textContent = track.title
  byId('track-line').textContent = [track.owner.display_name, track.genre].filter(Boolean).join(' · ')
  drawArtwork(track)
  drawActions(item)
  byId('player').hidden = track.status === 'rejected' || track.status === 'failed'
  drawTransfer(item)
  drawWay(item)
  drawFacts(track, (...fact) => void adopt(...fact).catch(report))
}

function drawArtwork({ artwork_url }: Track): void {
  artwork(artwork_url, () => [
    artwork_url ? el('img', { src: artwork_url, alt: 'Artwork', width: 72, height: 72 }) : icon('note'),
  ])
}

async function retry(trackId: string): Promise<void> {
  const upload = findItem(trackId)?.upload
  if (!upload) return
  await call('POST', `${trackPath(trackId)}/uploads/${upload.id}/retry`)
  await follow(trackId, upload.id)
}

/** The link lasts a while and carries its name with it, so the browser saves what it leads to. */
async function download(trackId: string): Promise<void> {
  const { url } = await get<{ url: string }>(`${trackPath(trackId)}/download`)
  el('a', { href: url }).click()
}

async function discard(trackId: string): Promise<void> {
  await call('DELETE', trackPath(trackId))
  remove(trackId)
}

async function adopt(trackId: string, field: string, value: string): Promise<void> {
  const body = { [field]: field === 'bpm' ? Number(value) : value }
  put((await call<Track>('PATCH', trackPath(trackId), { body })).body)
}

/** A file whose track could not even be made is offered once more. */
function takeFile(file: File): void {
  uploadNew(file).catch((error: unknown) => {
    showProblem(`${file.name}: ${explain(error)}`, () => takeFile(file))
  })
}

subscribe(draw)
showIntake((files) => {
  for (const file of files) takeFile(file)
})

await beginVisit({
  inside: 'desk',
  onLeave: clear,
  async onEnter(user) {
    await loadTracks(user)
    await resumeAll(listItems().map(({ track }) => track))
  },
})
