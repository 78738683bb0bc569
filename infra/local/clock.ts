/**
 * The clock of this process, which a test may move forward instead of waiting for a link to expire. It is imported
 * first, so that nobody has taken hold of the real one. Timers run in real time all the same, and so does
 * PostgreSQL's `now()`, for which reason the rules compare with a time they are given.
 */
const RealDate = Date
const realNow = Date.now
let offsetMs = 0

const now = () => realNow() + offsetMs

Date.now = now
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  apply: () => new RealDate(now()).toString(),
})

export const clockOffsetMs = () => offsetMs

/** Since when the clock shows something else, in real time. */
let moves: { readonly offset: number; readonly at: number }[] = []
const underWayMs = 60_000

export function setClockOffset(ms: number): void {
  if (ms !== offsetMs) moves.push({ offset: offsetMs, at: realNow() })
  offsetMs = ms
}

/** What it would show had it not been moved of late: whoever is under way since before goes by that. */
export function formerTimes(): number[] {
  moves = moves.filter(({ at }) => realNow() - at < underWayMs)
  return moves.map(({ offset }) => realNow() + offset)
}
