import { type Layout, Refused } from './formats/layout.ts'

const mostChannels = 8
const longestSeconds = 24 * 60 * 60
const sampleRates = { least: 1_000, most: 768_000 }

/** Refuses numbers that no recording has, and those that we do not take. */
export function mustBePlausible(layout: Layout, sizeBytes: number): void {
  const { channels, sample_rate_hz, seconds, bit_depth } = layout
  if (channels > mostChannels) throw new Refused('too_many_channels')
  const isRateKnown = sample_rate_hz >= sampleRates.least && sample_rate_hz <= sampleRates.most
  if (channels < 1 || !isRateKnown || !Number.isInteger(sample_rate_hz)) throw new Refused('malformed')
  if (bit_depth !== null && (bit_depth < 1 || bit_depth > 64)) throw new Refused('malformed')
  if (seconds === null) return
  if (Number.isNaN(seconds) || seconds <= 0) throw new Refused('no_sound')
  if (seconds > longestSeconds) throw new Refused('too_long')
  if (isBomb(layout, seconds, sizeBytes)) throw new Refused('implausible_length')
}

/** Half an hour of stereo, decoded to 32 bits a sample as players do, takes 0.7 GB; silence may well be that long. */
const harmlessBytes = 1024 ** 3

/** Below what any codec makes of something that can be heard. */
const leastBitsPerSecond = 4_000

/** Hours of silence come in a few KiB, and are unpacked by whoever makes a stream of them. */
function isBomb({ channels, sample_rate_hz }: Layout, seconds: number, sizeBytes: number): boolean {
  const decodedBytes = seconds * sample_rate_hz * channels * 4
  return decodedBytes > harmlessBytes && (8 * sizeBytes) / seconds < leastBitsPerSecond
}
