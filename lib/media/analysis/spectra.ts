import FFT from 'fft.js'

const { PI, cos, sqrt } = Math

export interface SpectraOptions {
  /** A power of two. */
  readonly size: number
  readonly hop: number
  /** The bins up to half the rate; good until the next call. */
  readonly onSpectrum: (magnitudes: Float32Array) => void
}

/** Cuts a signal into windows that overlap, and answers with what sounds in each. */
export function createSpectra({ size, hop, onSpectrum }: SpectraOptions) {
  const fft = new FFT(size)
  const window = Float32Array.from({ length: size }, (_, at) => 0.5 - 0.5 * cos((2 * PI * at) / size))
  const held = new Float32Array(size)
  const input = new Float32Array(size)
  const output = fft.createComplexArray()
  const magnitudes = new Float32Array(size / 2)
  let count = 0

  const transform = () => {
    for (let at = 0; at < size; at++) input[at] = held[at]! * window[at]!
    fft.realTransform(output, input)
    for (let bin = 0; bin < size / 2; bin++) {
      magnitudes[bin] = sqrt(output[2 * bin]! ** 2 + output[2 * bin + 1]! ** 2)
    }
    onSpectrum(magnitudes)
    held.copyWithin(0, hop)
    count = size - hop
  }

  return (samples: Int16Array) => {
    for (const sample of samples) {
      held[count++] = sample / 32_768
      if (count === size) transform()
    }
  }
}
