/** The format of BBC's audiowaveform: a pair of least and largest sample for each pixel. */
export type Waveform = {
  readonly version: 2
  readonly channels: 1
  readonly sample_rate: number
  readonly samples_per_pixel: number
  readonly bits: 8
  /** Pixels; `data` has two numbers for each. */
  readonly length: number
  readonly data: readonly number[]
}

/** Between these is an overview, however long the piece: what an ordinary screen is wide. */
export const overviewPixels = { least: 1000, most: 2000 } as const

export const detailPixelsPerSecond = 20

/** Grows by doubling, so that a piece of any length costs little more than its own. */
class Pixels {
  length = 0
  private min = new Int16Array(4096)
  private max = new Int16Array(4096)

  add(min: number, max: number) {
    if (this.length === this.min.length) {
      this.min = grown(this.min)
      this.max = grown(this.max)
    }
    this.min[this.length] = min
    this.max[this.length++] = max
  }

  /** Each two neighbours become one. */
  halve() {
    const { min, max } = this
    for (let at = 0; at < this.length; at += 2) {
      const next = Math.min(at + 1, this.length - 1)
      min[at / 2] = Math.min(min[at]!, min[next]!)
      max[at / 2] = Math.max(max[at]!, max[next]!)
    }
    this.length = Math.ceil(this.length / 2)
  }

  /** As eight bits, least and largest in turn. */
  toData(): number[] {
    const data: number[] = new Array(2 * this.length)
    for (let at = 0; at < this.length; at++) {
      data[2 * at] = this.min[at]! >> 8
      data[2 * at + 1] = this.max[at]! >> 8
    }
    return data
  }
}

function grown(array: Int16Array<ArrayBuffer>) {
  const larger = new Int16Array(2 * array.length)
  larger.set(array)
  return larger
}

/** One resolution of a waveform, fed sample by sample frame. */
class Resolution {
  readonly pixels = new Pixels()
  private samplesPerPixel: number
  private readonly mostPixels: number
  private count = 0
  private min = 32_767
  private max = -32_768

  constructor(samplesPerPixel: number, mostPixels = Number.POSITIVE_INFINITY) {
    this.samplesPerPixel = samplesPerPixel
    this.mostPixels = mostPixels
  }

  add(min: number, max: number) {
    if (min < this.min) this.min = min
    if (max > this.max) this.max = max
    if (++this.count === this.samplesPerPixel) this.close()
  }

  private close() {
    this.pixels.add(this.min, this.max)
    this.count = 0
    this.min = 32_767
    this.max = -32_768
    if (this.pixels.length < this.mostPixels) return
    this.pixels.halve()
    this.samplesPerPixel *= 2
  }

  finish(sampleRate: number): Waveform {
    if (this.count > 0) this.close()
    return {
      version: 2,
      channels: 1,
      sample_rate: sampleRate,
      samples_per_pixel: this.samplesPerPixel,
      bits: 8,
      length: this.pixels.length,
      data: this.pixels.toData(),
    }
  }
}

/** Draws both waveforms of a piece while it passes; all channels lie over each other. */
export function createWaveforms(sampleRate: number, channels: number) {
  const overview = new Resolution(1, overviewPixels.most)
  const detail = new Resolution(sampleRate / detailPixelsPerSecond)
  let frames = 0
  return {
    /** Whole frames of signed 16-bit samples. */
    add(samples: Int16Array) {
      for (let at = 0; at + channels <= samples.length; at += channels) {
        const left = samples[at]!
        const right = channels === 2 ? samples[at + 1]! : left
        const [low, high] = left < right ? [left, right] : [right, left]
        overview.add(low, high)
        detail.add(low, high)
        frames++
      }
    },
    frames: () => frames,
    finish: () => ({ overview: overview.finish(sampleRate), detail: detail.finish(sampleRate) }),
  }
}
