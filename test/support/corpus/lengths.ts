import { wavHeader } from '../audio.ts'
import { bytes } from './build.ts'

/** Files of every length but an ordinary one. */

export const emptyWav = () => wavHeader(0)

export function withChannels(channels: number): Buffer {
  const samples = Buffer.alloc(2_000 * channels)
  return bytes(wavHeader(samples.length, channels), samples)
}

/** The last page says up to where one has heard. */
export function claimsHours(ogg: Buffer, hours: number): Buffer {
  const out = Buffer.from(ogg)
  out.writeBigInt64LE(BigInt(hours * 3_600 * 48_000), out.lastIndexOf('OggS', undefined, 'latin1') + 6)
  return out
}

const blockSamples = 65_535
const rate = 48_000

function streamInfo(samples: number): Buffer {
  const info = Buffer.alloc(34)
  info.writeUInt16BE(blockSamples, 0)
  info.writeUInt16BE(blockSamples, 2)
  // 20 bits of the rate, 3 of the channels less one, 5 of the bits less one, 36 of the samples.
  const head = (BigInt(rate) << 44n) | (1n << 41n) | (15n << 36n) | BigInt(samples)
  info.writeBigUInt64BE(head, 10)
  return bytes('fLaC', [0x80, 0, 0, 34], info)
}

export const emptyFlac = () => streamInfo(0)

/** Real frames of a constant: each of them 65 535 samples in 17 bytes. */
export function silentFlac(seconds: number): Buffer {
  const frames = Math.ceil((seconds * rate) / blockSamples)
  return bytes(
    streamInfo(frames * blockSamples),
    ...Array.from({ length: frames }, (_, number) => silentFrame(number)),
  )
}

function silentFrame(number: number): Buffer {
  // Fixed blocks of a size that stands at the end of the header, at 48 kHz, in two channels of 16 bits.
  const header = bytes([0xff, 0xf8, 0x7a, 0x18], codedNumber(number), [0xff, 0xfe])
  const frame = bytes(header, [crc(header, 8, 0x07)], [0, 0, 0, 0, 0, 0])
  const sum = crc(frame, 16, 0x8005)
  return bytes(frame, [sum >> 8, sum & 0xff])
}

/** As UTF-8 writes characters. */
const codedNumber = (number: number) => Buffer.from(String.fromCodePoint(number))

function crc(data: Buffer, width: 8 | 16, polynomial: number): number {
  const [top, mask] = [1 << (width - 1), (1 << width) - 1]
  let value = 0
  for (const byte of data) {
    value ^= byte << (width - 8)
    for (let bit = 0; bit < 8; bit++)
      value = value & top ? ((value << 1) ^ polynomial) & mask : (value << 1) & mask
  }
  return value
}
