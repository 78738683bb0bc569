import { byId, createSlot, el } from './dom.ts'
import { formatSigned, formatTime } from './format.ts'
import type { Track } from './wire.ts'

interface Tile {
  readonly name: string
  readonly value: string
  readonly unit?: string
  readonly note?: string
  /** 0 to 1, how sure the analysis is. */
  readonly confidence?: number
}

interface Fact {
  readonly name: string
  /** Under which the API takes what is declared. */
  readonly field?: string
  readonly declared: string | null
  readonly found: string | null
  /** How the two differ. */
  readonly difference?: string
}

const tileSlot = createSlot(byId('tiles'))
const factSlot = createSlot(byId('facts'))

/** Declares what the file says. */
export type Adopt = (trackId: string, field: string, value: string) => void

export function drawFacts(track: Track, adopt: Adopt): void {
  const tiles = tilesOf(track)
  byId('measured').hidden = tiles.length === 0
  tileSlot(tiles, () => tiles.map(drawTile))
  const facts = factsOf(track)
  byId('metadata').hidden = !facts.some(({ found }) => found !== null)
  const use = track.access.edit ? (field: string, value: string) => adopt(track.id, field, value) : undefined
  factSlot([track.id, track.access.edit, facts], () => [drawTable(facts, use)])
}

function tilesOf(track: Track): Tile[] {
  const { loudness, detected, bpm, musical_key } = track
  const tiles: Tile[] = []
  if (loudness) {
    const { integrated_lufs, true_peak_dbtp, range_lu } = loudness
    const notes = [
      true_peak_dbtp !== null && `peak ${formatSigned(true_peak_dbtp)}\u00a0dBTP`,
      range_lu !== null && `range ${formatSigned(range_lu)}\u00a0LU`,
    ]
    const note = notes.filter(Boolean).join(' · ')
    tiles.push({ name: 'Loudness', value: formatSigned(integrated_lufs), unit: 'LUFS', note })
  }
  const tempo = detected.bpm ?? bpm
  if (tempo !== null && tempo !== undefined) {
    tiles.push({
      name: 'Tempo',
      value: String(Math.round(Number(tempo) * 10) / 10),
      unit: 'BPM',
      ...sure(detected.bpm_confidence),
    })
  }
  const key = detected.musical_key ?? musical_key
  if (key) tiles.push({ name: 'Key', value: String(key), ...sure(detected.musical_key_confidence) })
  if (track.codec) tiles.push(fileTile(track))
  return tiles
}

const sure = (confidence: string | number | null | undefined) =>
  typeof confidence === 'number' ? { confidence } : {}

function fileTile({ codec, duration_ms, sample_rate_hz, channels, bitrate_bps }: Track): Tile {
  const notes = [
    sample_rate_hz !== null && `${sample_rate_hz / 1_000}\u00a0kHz`,
    channels !== null && (channels === 1 ? 'mono' : channels === 2 ? 'stereo' : `${channels} channels`),
    bitrate_bps !== null && `${Math.round(bitrate_bps / 1_000)}\u00a0kbit/s`,
  ]
  const value = duration_ms === null ? '' : formatTime(duration_ms / 1_000)
  return { name: 'Length', value, note: [codec, ...notes].filter(Boolean).join(' · ') }
}

function drawTile({ name, value, unit, note, confidence }: Tile): HTMLElement {
  const percent = confidence === undefined ? '' : `${Math.round(confidence * 100)} % sure`
  const meter = el('meter', {
    min: '0',
    max: '1',
    value: confidence ?? 0,
    'aria-label': `${name}: ${percent}`,
  })
  return el(
    'div',
    { class: 'tile' },
    el('dt', { class: 'quiet' }, name),
    el('dd', { class: 'figure digits' }, value, unit ? el('span', { class: 'unit' }, ` ${unit}`) : null),
    el('dd', { class: 'quiet' }, confidence === undefined ? (note ?? '') : meter, percent),
  )
}

const text = (value: string | number | null | undefined) =>
  value == null || value === '' ? null : String(value)

function factsOf(track: Track): Fact[] {
  const { detected, is_custom_bpm, is_custom_musical_key } = track
  const names = track.artists.map(({ name }) => name).join(', ')
  const rows: Fact[] = [
    { name: 'Title', field: 'title', declared: text(track.title), found: text(detected.title) },
    { name: 'Artist', field: 'artists', declared: text(names), found: text(detected.artist) },
    { name: 'Album', declared: null, found: text(detected.album) },
    { name: 'Genre', field: 'genre', declared: text(track.genre), found: text(detected.genre) },
    {
      name: 'BPM',
      field: 'bpm',
      declared: is_custom_bpm ? text(track.bpm) : null,
      found: text(detected.bpm),
    },
    {
      name: 'Key',
      field: 'musical_key',
      declared: is_custom_musical_key ? text(track.musical_key) : null,
      found: text(detected.musical_key),
    },
    { name: 'ISRC', field: 'isrc', declared: text(track.isrc), found: text(detected.isrc) },
    { name: 'Year', declared: null, found: text(detected.year) },
    { name: 'Label', declared: null, found: text(detected.label) },
    { name: 'Copyright', field: 'c_line', declared: text(track.c_line), found: text(detected.copyright) },
  ]
  const differences = new Map(
    track.differences?.map(({ field, note }) => [field, note?.replaceAll('_', ' ') ?? 'differs']),
  )
  return rows
    .filter(({ declared, found }) => declared !== null || found !== null)
    .map((row) => {
      const difference = row.field && differences.get(row.field)
      return difference ? { ...row, difference } : row
    })
}

type Use = (field: string, value: string) => void

function drawTable(facts: readonly Fact[], use: Use | undefined): HTMLElement {
  const head = ['Field', 'You say', 'The file says'].map((name) => el('th', { scope: 'col' }, name))
  const rows = facts.map((fact) =>
    el(
      'tr',
      {},
      el('th', { scope: 'row' }, fact.name),
      el('td', {}, fact.declared ?? el('span', { class: 'quiet' }, '—')),
      el('td', {}, drawFound(fact, use)),
    ),
  )
  return el('table', {}, el('thead', {}, el('tr', {}, ...head)), el('tbody', {}, ...rows))
}

function drawFound(fact: Fact, use: Use | undefined): HTMLElement {
  const { name, field, declared, found, difference } = fact
  if (found === null) return el('span', { class: 'quiet' }, '—')
  const canUse = use && field && field !== 'artists' && (declared === null || difference)
  const label = `Use the file’s ${name}`
  return el(
    'span',
    { class: 'found' },
    found,
    difference && el('span', { class: 'badge warn' }, difference),
    canUse &&
      el(
        'button',
        { type: 'button', class: 'small', 'aria-label': label, onclick: () => use(field, found) },
        'Use',
      ),
  )
}
