import type { Slice } from './schemas.ts'

/** A group that is shown has so many listeners, or else it could be somebody. */
const fewestListeners = 5

/** With those who told none. */
const rest = 'other'

export interface Group {
  readonly value: string
  readonly play_count: number
  /** At least so many listeners are in it. */
  readonly listener_least: number
}

/**
 * The parts of all plays, the largest first. What is too small goes to the rest; and where the rest is too small
 * itself, since it is what all less the others leave, so does the smallest of the others.
 */
export function toSlices(groups: readonly Group[]): Slice[] {
  const isShown = ({ value, listener_least }: Group) => value !== rest && listener_least >= fewestListeners
  const shown = groups.filter(isShown).toSorted(bySize)
  const hidden = groups.filter((group) => !isShown(group))
  while (shown.length > 0 && hidden.length > 0 && leastOf(hidden) < fewestListeners) hidden.push(shown.pop()!)
  const total = sumOf(groups)
  const toSlice = (value: string, play_count: number) => ({ value, play_count, share: play_count / total })
  return [
    ...shown.map(({ value, play_count }) => toSlice(value, play_count)),
    ...(hidden.length > 0 ? [toSlice(rest, sumOf(hidden))] : []),
  ]
}

/** The same listener may be in several. */
const leastOf = (groups: readonly Group[]) => Math.max(...groups.map(({ listener_least }) => listener_least))

const sumOf = (groups: readonly Group[]) => groups.reduce((sum, { play_count }) => sum + play_count, 0)

const bySize = (a: Group, b: Group) => b.play_count - a.play_count || (a.value < b.value ? -1 : 1)
