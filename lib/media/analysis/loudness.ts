export interface Loudness {
  readonly integrated_lufs: number
  /** Null where nothing but silence was. */
  readonly true_peak_dbtp: number | null
  /** Null where the piece is too short for a range. */
  readonly range_lu: number | null
}

/** Below this nothing counts (EBU R 128): what ffmpeg says of silence and of less than 400 ms. */
const gateLufs = -70

/** The EBU's range is over windows of three seconds. */
const rangeSeconds = 3

/** Reads the summary at the end of a log of ffmpeg's `ebur128`; null where it measured nothing that can be heard. */
export function parseLoudness(log: string, seconds: number): Loudness | null {
  const summary = log.slice(log.lastIndexOf('Summary:'))
  const integrated_lufs = numberAfter(summary, /\bI:\s+(\S+) LUFS/)
  if (integrated_lufs === null || integrated_lufs <= gateLufs) return null
  return {
    integrated_lufs,
    true_peak_dbtp: numberAfter(summary, /\bPeak:\s+(\S+) dBFS/),
    range_lu: seconds < rangeSeconds ? null : numberAfter(summary, /\bLRA:\s+(\S+) LU/),
  }
}

function numberAfter(text: string, pattern: RegExp): number | null {
  const value = Number(pattern.exec(text)?.[1] ?? Number.NaN)
  return Number.isFinite(value) ? value : null
}
