import { get } from './session.ts'
import type { Page, Track, Upload, User } from './wire.ts'

/** The way of the bytes from this page to the bucket, which the API sees only the end of. */
export interface Transfer {
  readonly state: 'preparing' | 'sending' | 'paused' | 'interrupted' | 'failed'
  readonly sent_bytes: number
  readonly size_bytes: number
  readonly bytes_per_second: number
  /** Of a file sent in parts. */
  readonly parts?: { readonly done: number; readonly total: number }
  readonly error?: string
  /** The library has the very same file. */
  readonly is_duplicate?: boolean
}

export interface Item {
  readonly track: Track
  readonly upload?: Upload | undefined
  readonly transfer?: Transfer | undefined
}

type Listener = () => void

const items = new Map<string, Item>()
const listeners = new Set<Listener>()
let selectedId: string | undefined
let isScheduled = false

/** All that changes within a frame is drawn once. */
function notify(): void {
  if (isScheduled) return
  isScheduled = true
  requestAnimationFrame(() => {
    isScheduled = false
    for (const listener of listeners) listener()
  })
}

export const subscribe = (listener: Listener) => void listeners.add(listener)
export const findItem = (id: string) => items.get(id)
export const selectedItem = () => (selectedId === undefined ? undefined : items.get(selectedId))

/** Newest first. */
export const listItems = () =>
  [...items.values()].sort((one, other) => (one.track.created_at < other.track.created_at ? 1 : -1))

export function select(id: string | undefined): void {
  selectedId = id
  notify()
  // In a list a track is told of without all that its own page shows.
  if (id && items.get(id)?.track.differences === undefined) void refreshTrack(id).catch(() => undefined)
}

export function put(track: Track): void {
  items.set(track.id, { ...items.get(track.id), track })
  notify()
}

export function change(id: string, patch: Partial<Item>): void {
  const item = items.get(id)
  if (!item) return
  items.set(id, { ...item, ...patch })
  notify()
}

export function remove(id: string): void {
  items.delete(id)
  if (selectedId === id) selectedId = listItems()[0]?.track.id
  notify()
}

export function clear(): void {
  items.clear()
  selectedId = undefined
  notify()
}

export const trackPath = (id: string) => `/api/v1/tracks/${id}`

export async function refreshTrack(id: string): Promise<Track> {
  const track = await get<Track>(trackPath(id))
  put(track)
  return track
}

export async function loadTracks({ username }: User): Promise<void> {
  const query = new URLSearchParams({ artist: username, sort: 'newest', limit: '20' })
  const { data } = await get<Page<Track>>(`/api/v1/tracks?${query}`)
  for (const track of data) put(track)
  if (selectedId === undefined) select(data[0]?.id)
}
