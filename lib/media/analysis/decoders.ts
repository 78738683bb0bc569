import type { Container } from '../audio-types.ts'

/**
 * How ffmpeg is to read each container. It never guesses: a playlist that is named like a song meets the parser of
 * songs, and none of those that open other files.
 */
const demuxers: Readonly<Record<Container, string>> = {
  mp3: 'mp3',
  aac: 'aac',
  wav: 'wav',
  flac: 'flac',
  aiff: 'aiff',
  mp4: 'mov',
  ogg: 'ogg',
}

/** Audio alone: pictures in a file meet no decoder at all. */
const decoders = [
  ...['mp3float', 'mp3', 'mp2float', 'aac', 'alac', 'flac', 'vorbis', 'opus', 'libopus'],
  ...['pcm_u8', 'pcm_s8', 'pcm_alaw', 'pcm_mulaw', 'adpcm_ms', 'adpcm_ima_wav'],
  ...['s16', 's24', 's32', 'f32', 'f64'].flatMap((sample) => [`pcm_${sample}le`, `pcm_${sample}be`]),
]

/** What a header makes ffmpeg take at once, at most: tables of a long M4A, a large cover. */
const largestBlock = 256 * 1024 * 1024

/** Nothing is asked, nothing but the one address is opened, and every byte is read as what the file was found to be. */
export const inputOptions = (container: Container, url: string, before: readonly string[] = []): string[] => [
  ...['-hide_banner', '-nostats', '-nostdin', '-loglevel', 'info', '-max_alloc', String(largestBlock)],
  ...['-protocol_whitelist', 'http,tcp', '-codec_whitelist', decoders.join(',')],
  ...['-f', demuxers[container], ...before, '-vn', '-sn', '-dn', '-i', url],
]
