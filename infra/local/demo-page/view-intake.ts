import { byId, el, icon } from './dom.ts'
import { contentTypeOf, takenExtensions } from './files.ts'
import { samples } from './samples.ts'

type Take = (files: readonly File[]) => void

const accepted = takenExtensions.join(',')

/** Where files come in: by drop, by click, by keyboard, or made on the spot. Nothing goes before the rights are confirmed. */
export function showIntake(take: Take): void {
  let waiting: readonly File[] = []
  const input = el('input', { type: 'file', id: 'files', class: 'unseen', multiple: true, accept: accepted })
  const rights = el('input', { type: 'checkbox', id: 'rights' })
  const note = el('p', { class: 'note', role: 'status' })

  const offer = (files: readonly File[]) => {
    const taken = files.filter((file) => contentTypeOf(file))
    const refused = files.length - taken.length
    waiting = rights.checked ? [] : [...waiting, ...taken]
    if (rights.checked && taken.length > 0) take(taken)
    say(note, refused, waiting.length)
  }
  rights.addEventListener('change', () => {
    if (!rights.checked || waiting.length === 0) return
    const files = waiting
    waiting = []
    say(note, 0, 0)
    take(files)
  })
  input.addEventListener('change', () => {
    offer([...(input.files ?? [])])
    input.value = ''
  })

  const zone = el(
    'label',
    { class: 'zone', for: 'files' },
    icon('drop'),
    el('span', { class: 'zone-title' }, 'Drop audio here'),
    el('span', { class: 'quiet' }, 'or choose files from your computer'),
  )
  byId('intake').replaceChildren(
    el('h2', { id: 'intake-title', class: 'unseen' }, 'Add a track'),
    // Before its label, which shows the focus ring for it.
    input,
    zone,
    el('p', { class: 'quiet formats' }, 'MP3, WAV, FLAC, AIFF, AAC, M4A, Ogg, Opus · up to 2 GiB'),
    el('label', { class: 'check' }, rights, el('span', {}, 'I hold the rights to it')),
    note,
    sampleList(offer),
  )
  takeDrops(zone, offer)
}

function say(note: HTMLElement, refused: number, waiting: number): void {
  const parts = [
    refused > 0 && `${refused === 1 ? 'One file is' : `${refused} files are`} not of a kind that is taken.`,
    waiting > 0 &&
      `${waiting === 1 ? 'One file waits' : `${waiting} files wait`} until you confirm your rights.`,
  ]
  note.textContent = parts.filter(Boolean).join(' ')
}

function sampleList(offer: Take): HTMLElement {
  const buttons = samples.map(({ label, make }) =>
    el('button', { type: 'button', class: 'small', onclick: () => offer([make()]) }, label),
  )
  return el('div', { class: 'samples' }, el('p', { class: 'quiet' }, 'No file at hand? Send'), ...buttons)
}

/** The whole page takes a drop, so that nobody who misses the zone leaves the page for their file. */
function takeDrops(zone: HTMLElement, offer: Take): void {
  let depth = 0
  const isFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false
  const mark = () => zone.classList.toggle('over', depth > 0)
  document.addEventListener('dragenter', (event) => {
    if (isFiles(event)) depth += 1
    mark()
  })
  document.addEventListener('dragleave', (event) => {
    if (isFiles(event)) depth -= 1
    mark()
  })
  document.addEventListener('dragover', (event) => {
    if (isFiles(event)) event.preventDefault()
  })
  document.addEventListener('drop', (event) => {
    if (!isFiles(event)) return
    event.preventDefault()
    depth = 0
    mark()
    offer([...(event.dataTransfer?.files ?? [])])
  })
}
