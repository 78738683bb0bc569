/** Makes whole 16-bit frames of the pieces in which a program writes them. */
export function createSampleReader(channels: number, take: (samples: Int16Array) => void) {
  const frameBytes = 2 * channels
  let rest: Buffer = Buffer.alloc(0)
  return (chunk: Buffer) => {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    const whole = bytes.length - (bytes.length % frameBytes)
    rest = Buffer.from(bytes.subarray(whole))
    // Copied, for a view of two bytes has to begin at an even place.
    take(new Int16Array(Uint8Array.from(bytes.subarray(0, whole)).buffer))
  }
}
