/** The header of one MPEG audio or ADTS frame. */
export interface MpegFrame {
  readonly offset: number
  readonly length: number
  readonly kind: 'mp3' | 'aac'
  /** Where an encoder's summary (Xing, Info) stands, from the start of the frame. */
  readonly summaryOffset: number
}

const bitrates = {
  1: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  2: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
}
const sampleRates = [44_100, 48_000, 32_000]

/** The first frame that another of its kind follows at once, which text or other data hardly imitate. */
export function findMpegFrame(bytes: Uint8Array): MpegFrame | undefined {
  for (let offset = 0; offset + 7 < bytes.length; offset++) {
    const frame = readFrame(bytes, offset)
    if (frame && readFrame(bytes, offset + frame.length)?.kind === frame.kind) return frame
  }
  return undefined
}

function readFrame(bytes: Uint8Array, offset: number): MpegFrame | undefined {
  const [sync, flags, third] = bytes.subarray(offset, offset + 3)
  if (sync !== 0xff || flags === undefined || third === undefined || (flags & 0xe0) !== 0xe0) return undefined
  const layer = (flags >> 1) & 3
  if (layer === 0) return readAdts(bytes, offset, flags)
  return layer === 1 ? readLayer3(bytes, offset, flags, third) : undefined
}

function readAdts(bytes: Uint8Array, offset: number, flags: number): MpegFrame | undefined {
  const [third = 0, fourth = 0, fifth = 0, sixth = 0] = bytes.subarray(offset + 2, offset + 6)
  const length = ((fourth & 3) << 11) | (fifth << 3) | (sixth >> 5)
  const isRateKnown = ((third >> 2) & 15) < 13
  if ((flags & 0xf0) !== 0xf0 || length < 7 || !isRateKnown) return undefined
  return { offset, length, kind: 'aac', summaryOffset: 0 }
}

function readLayer3(bytes: Uint8Array, offset: number, flags: number, third: number): MpegFrame | undefined {
  const version = (flags >> 3) & 3
  const rate = sampleRates[(third >> 2) & 3]
  const bitrate = bitrates[version === 3 ? 1 : 2][third >> 4]
  if (version === 1 || !rate || !bitrate) return undefined
  const isMono = (bytes[offset + 3] ?? 0) >> 6 === 3
  const divisor = version === 3 ? 1 : version === 2 ? 2 : 4
  const samples = version === 3 ? 144_000 : 72_000
  const length = Math.floor((samples * bitrate) / (rate / divisor)) + ((third >> 1) & 1)
  const sideInfo = version === 3 ? (isMono ? 17 : 32) : isMono ? 9 : 17
  return { offset, length, kind: 'mp3', summaryOffset: 4 + sideInfo }
}
