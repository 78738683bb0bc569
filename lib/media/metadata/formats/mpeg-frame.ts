/** The header of one MPEG audio (layer 3) or ADTS frame. */
export interface MpegFrame {
  readonly offset: number
  readonly length: number
  readonly kind: 'mp3' | 'aac'
  readonly codec: string
  readonly sample_rate_hz: number
  readonly channels: number
  readonly samples: number
  /** Of this frame; ADTS names none. */
  readonly bitrate_bps: number
  /** Where an encoder's summary (Xing, Info) stands, from the start of the frame. */
  readonly summaryOffset: number
}

const bitrates = {
  1: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  2: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
}
const sampleRates = [44_100, 48_000, 32_000]
const adtsRates = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
]

/** The first frame that another of its kind follows at once, which text or other data hardly imitate. */
export function findMpegFrame(bytes: Uint8Array, from = 0): MpegFrame | undefined {
  for (let offset = from; offset + 7 < bytes.length; offset++) {
    const frame = readFrame(bytes, offset)
    const next = frame && readFrame(bytes, offset + frame.length)
    if (next && isAlike(frame, next)) return frame
  }
  return undefined
}

/** Within a stream neither the kind nor the rate changes. */
export const isAlike = (one: MpegFrame, other: MpegFrame): boolean =>
  one.kind === other.kind && one.sample_rate_hz === other.sample_rate_hz

export function readFrame(bytes: Uint8Array, offset: number): MpegFrame | undefined {
  const [sync, flags, third, fourth] = bytes.subarray(offset, offset + 4)
  if (sync !== 0xff || flags === undefined || third === undefined || fourth === undefined) return undefined
  if ((flags & 0xe0) !== 0xe0) return undefined
  const layer = (flags >> 1) & 3
  if (layer === 0) return readAdts(bytes, offset, flags)
  return layer === 1 ? readLayer3(offset, flags, third, fourth) : undefined
}

function readAdts(bytes: Uint8Array, offset: number, flags: number): MpegFrame | undefined {
  const [third = 0, fourth = 0, fifth = 0, sixth = 0, seventh = 0] = bytes.subarray(offset + 2, offset + 7)
  const length = ((fourth & 3) << 11) | (fifth << 3) | (sixth >> 5)
  const rate = adtsRates[(third >> 2) & 15]
  if ((flags & 0xf0) !== 0xf0 || length < 7 || !rate) return undefined
  const layout = ((third & 1) << 2) | (fourth >> 6)
  const samples = 1_024 * ((seventh & 3) + 1)
  return {
    offset,
    length,
    kind: 'aac',
    codec: 'AAC',
    sample_rate_hz: rate,
    // Where the layout is told in the stream itself, it is hardly ever another one.
    channels: layout === 7 ? 8 : layout || 2,
    samples,
    bitrate_bps: Math.round((8 * length * rate) / samples),
    summaryOffset: 0,
  }
}

function readLayer3(offset: number, flags: number, third: number, fourth: number): MpegFrame | undefined {
  const version = (flags >> 3) & 3
  const base = sampleRates[(third >> 2) & 3]
  const kbps = bitrates[version === 3 ? 1 : 2][third >> 4]
  if (version === 1 || !base || !kbps) return undefined
  const isMono = fourth >> 6 === 3
  const rate = base / (version === 3 ? 1 : version === 2 ? 2 : 4)
  const samples = version === 3 ? 1_152 : 576
  const sideInfo = version === 3 ? (isMono ? 17 : 32) : isMono ? 9 : 17
  return {
    offset,
    length: Math.floor((samples * 125 * kbps) / rate) + ((third >> 1) & 1),
    kind: 'mp3',
    codec: `MPEG ${version === 3 ? '1' : version === 2 ? '2' : '2.5'} Layer 3`,
    sample_rate_hz: rate,
    channels: isMono ? 1 : 2,
    samples,
    bitrate_bps: 1_000 * kbps,
    summaryOffset: 4 + sideInfo,
  }
}
