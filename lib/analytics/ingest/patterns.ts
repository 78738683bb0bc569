import type { IssuedPlay } from '../../plays/play-token.ts'
import type { ReportedEvent } from './catalogue.ts'
import { fastestPlayback, patternLeewayMs } from './rules.ts'

export interface Heard {
  readonly play: IssuedPlay
  readonly event: ReportedEvent
}

/**
 * The plays of which one call says that more was heard than anybody can have since their issue, however fast. By our
 * own clock at both ends: what a client says of the time makes no difference.
 */
export function findImplausible(heard: readonly Heard[], now: Date): ReadonlySet<string> {
  const sums = new Map<string, { readonly issued_at: Date; ms: number }>()
  for (const { play, event } of heard) {
    if (event.type !== 'play_heartbeat') continue
    const sum = sums.get(play.id) ?? { issued_at: play.issued_at, ms: 0 }
    sum.ms += event.to_ms - event.from_ms
    sums.set(play.id, sum)
  }
  const isImplausible = ({ issued_at, ms }: { issued_at: Date; ms: number }) =>
    ms > fastestPlayback * Math.max(0, now.getTime() - issued_at.getTime()) + patternLeewayMs
  return new Set([...sums].filter(([, sum]) => isImplausible(sum)).map(([id]) => id))
}
