import type { Retention } from './schemas.ts'

export interface VersionRetention {
  readonly track_id: string
  readonly version_id: string
  readonly version_number: number | null
  readonly duration_ms: number | null
  readonly listen_count: number
  /** Where the number of those who hear it changes, in order, and by how many. */
  readonly steps: readonly number[]
  readonly changes: readonly number[]
}

/** A single listening would show what somebody did. */
const fewestListens = 5

/** As `retention_step` of the database has them. */
const bySecond = 600
const byTenSeconds = 900
const longest = 1_200

/** Where a step begins, in milliseconds of the track. */
const beginningOf = (step: number) => {
  if (step < bySecond) return step * 1_000
  if (step < byTenSeconds) return 600_000 + (step - bySecond) * 10_000
  return 3_600_000 + (step - byTenSeconds) * 60_000
}

/** Of all that listened, how many heard each part; to its end, or to where anybody came if nobody knows the end. */
export function toCurve(version: VersionRetention | undefined): Retention | null {
  if (!version || version.listen_count < fewestListens) return null
  const { steps, changes, listen_count, duration_ms, ...about } = version
  const last = steps.at(-1) ?? 0
  const changeAt = new Map(steps.map((step, at) => [step, changes[at]!]))
  const points: Retention['points'] = []
  let heard_count = 0
  for (let step = 0; step < longest; step++) {
    const from_ms = beginningOf(step)
    if (duration_ms === null ? step >= last : from_ms >= duration_ms) break
    heard_count += changeAt.get(step) ?? 0
    points.push({ from_ms, heard_count, share: heard_count / listen_count })
  }
  return { ...about, duration_ms, listen_count, points }
}
