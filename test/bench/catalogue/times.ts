export interface Quantiles {
  readonly p50: number
  readonly p95: number
}

/** Milliseconds of one case. */
export interface CaseTimes {
  readonly name: string
  readonly goal_ms: number | undefined
  /** How many the route sends. */
  readonly statements: number
  readonly ours: Quantiles
  readonly bare: Quantiles
  readonly ratio: number
  /** Of the slowest statement, with its parameters. */
  readonly plan: string | undefined
}

export function quantilesOf(values: readonly number[]): Quantiles {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!
  return { p50: at(0.5), p95: at(0.95) }
}

export const mostRatio = 1.5
export const mostGrowth = 1.5

/** Half a millisecond is what a machine at work adds by itself: a growth below is noise. */
const noiseMs = 0.5

/** Of each call to its own statements, the one in the middle: calls about other things take other times. */
export const ratioOf = (ours: readonly number[], bare: readonly number[]) =>
  quantilesOf(ours.map((ms, at) => ms / bare[at]!)).p50

/** Per tenfold. */
export function growthOf(smaller: CaseTimes, larger: CaseTimes, factor: number): number {
  if (larger.ours.p50 - smaller.ours.p50 < noiseMs) return Math.min(1, larger.ours.p50 / smaller.ours.p50)
  return (larger.ours.p50 / smaller.ours.p50) ** (1 / Math.log10(factor))
}
