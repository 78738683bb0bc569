/** Peaks as the API gives them: audiowaveform's JSON, version 2, pairs of lowest and highest sample. */
export interface WaveformFile {
  readonly channels: number
  readonly sample_rate: number
  readonly samples_per_pixel: number
  readonly bits: number
  readonly length: number
  readonly data: readonly number[]
}

export interface Peaks {
  readonly points_per_second: number
  readonly low: Float32Array
  readonly high: Float32Array
}

export function readPeaks({ channels, sample_rate, samples_per_pixel, bits, data }: WaveformFile): Peaks {
  const full = 2 ** (bits - 1)
  const count = Math.floor(data.length / (2 * channels))
  const [low, high] = [new Float32Array(count), new Float32Array(count)]
  let loudest = 1 / full
  for (let point = 0; point < count; point += 1) {
    const pairs = data.slice(point * 2 * channels, (point + 1) * 2 * channels)
    low[point] = Math.min(0, ...pairs) / full
    high[point] = Math.max(0, ...pairs) / full
    loudest = Math.max(loudest, high[point]!, -low[point]!)
  }
  // A quiet master shall be seen as well as a loud one; how loud it is stands beside.
  const scale = (values: Float32Array) => values.map((value) => value / loudest)
  return { points_per_second: sample_rate / samples_per_pixel, low: scale(low), high: scale(high) }
}

/** Lowest and highest between two moments, however many points lie there. */
export function rangeOf({ points_per_second, low, high }: Peaks, from: number, to: number): [number, number] {
  const first = Math.floor(from * points_per_second)
  const last = Math.max(first + 1, Math.ceil(to * points_per_second))
  let [lowest, highest] = [0, 0]
  for (let point = Math.max(0, first); point < Math.min(last, low.length); point += 1) {
    lowest = Math.min(lowest, low[point]!)
    highest = Math.max(highest, high[point]!)
  }
  return [lowest, highest]
}
