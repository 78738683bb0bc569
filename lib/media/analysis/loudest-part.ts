/** Of the default preview. */
const partSeconds = 30
const stepsPerSecond = 4

/** Finds where the loudest half minute of a piece begins, by its mean square. */
export function createLoudestPart(sampleRate: number) {
  const stepSamples = Math.floor(sampleRate / stepsPerSecond)
  const energies: number[] = []
  let [sum, count] = [0, 0]
  return {
    add(samples: Int16Array) {
      for (const sample of samples) {
        sum += sample * sample
        if (++count < stepSamples) continue
        energies.push(sum)
        sum = 0
        count = 0
      }
    },
    /** Milliseconds from the beginning; 0 for what is shorter. */
    finish(): number {
      const width = partSeconds * stepsPerSecond
      let window = 0
      let [best, at] = [0, 0]
      for (const [step, energy] of energies.entries()) {
        window += energy - (energies[step - width] ?? 0)
        if (step + 1 < width || window <= best) continue
        best = window
        at = step + 1 - width
      }
      return (at * 1000) / stepsPerSecond
    },
  }
}
