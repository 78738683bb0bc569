import { explain, watchReach } from './api.ts'
import { byId, createSlot, el, icon, showProblem } from './dom.ts'
import { follow } from './follow.ts'
import { call, resume, signOut, watchEnd } from './session.ts'
import { clear, findItem, listItems, loadTracks, selectedItem, subscribe, trackPath } from './store.ts'
import { abort, pause, resumeAll, tryAgain, uploadNew, uploadTo } from './uploads.ts'
import { showEntry } from './view-entry.ts'
import { drawFacts } from './view-facts.ts'
import { showIntake } from './view-intake.ts'
import { createPlayerView } from './view-player.ts'
import { badge, drawShelf, stateOf } from './view-shelf.ts'
import { createTransferView } from './view-transfer.ts'
import { createWayView } from './view-way.ts'
import type { Track, User } from './wire.ts'

const drawTransfer = createTransferView({ pause, tryAgain, abort: (id) => void abort(id).catch(report) })
const drawWay = createWayView({ retry: (id) => void retry(id).catch(report), replace: chooseFileFor })
const drawPlayer = createPlayerView()
const [artwork, actions, account] = [byId('artwork'), byId('track-actions'), byId('account')].map(createSlot)

function draw(): void {
  drawShelf()
  const item = selectedItem()
  byId('desk').classList.toggle('busy', item !== undefined)
  byId('nothing').hidden = item !== undefined
  byId('track').hidden = item === undefined
  drawPlayer(item)
  if (!item) return
  const { track } = item
  byId('track-title').textContent = track.title
  byId('track-line').textContent = `${track.owner.display_name} · ${track.genre ?? 'no genre'}`
  drawArtwork(track)
  actions?.([stateOf(item)], () => [badge(item)])
  byId('player').hidden = track.status === 'rejected' || track.status === 'failed'
  drawTransfer(item)
  drawWay(item)
  drawFacts(track)
}

function drawArtwork({ artwork_url }: Track): void {
  artwork?.(artwork_url, () => [
    artwork_url ? el('img', { src: artwork_url, alt: 'Artwork', width: 72, height: 72 }) : icon('note'),
  ])
}

async function retry(trackId: string): Promise<void> {
  const upload = findItem(trackId)?.upload
  if (!upload) return
  await call('POST', `${trackPath(trackId)}/uploads/${upload.id}/retry`)
  await follow(trackId, upload.id)
}

function chooseFileFor(trackId: string): void {
  const input = el('input', { type: 'file' })
  input.addEventListener('change', () => {
    const [file] = input.files ?? []
    if (file) void uploadTo(trackId, file).catch(report)
  })
  input.click()
}

const report = (error: unknown) => showProblem(explain(error))

/** A file whose track could not even be made is offered once more. */
function takeFile(file: File): void {
  uploadNew(file).catch((error: unknown) => {
    showProblem(`${file.name}: ${explain(error)}`, () => takeFile(file))
  })
}

async function enter(user: User): Promise<void> {
  byId('entry').hidden = true
  byId('desk').hidden = false
  account?.(user.id, () => [
    el('span', {}, user.display_name),
    el('button', { type: 'button', class: 'small', onclick: () => void leave() }, 'Sign out'),
  ])
  byId('account').hidden = false
  await loadTracks(user)
  await resumeAll(listItems().map(({ track }) => track))
}

function showOutside(): void {
  clear()
  byId('desk').hidden = true
  byId('account').hidden = true
  byId('entry').hidden = false
}

async function leave(): Promise<void> {
  await signOut().catch(() => undefined)
  showOutside()
}

const showReach = (isReached: boolean) => {
  byId('offline').hidden = isReached
}
watchReach(showReach)
addEventListener('offline', () => showReach(false))
addEventListener('online', () => showReach(true))
watchEnd(showOutside)
subscribe(draw)
showEntry((user) => void enter(user).catch(report))
showIntake((files) => {
  for (const file of files) takeFile(file)
})

const user = await resume().catch(() => undefined)
if (user) await enter(user).catch(report)
else showOutside()
