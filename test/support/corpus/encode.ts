import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import ffmpeg from '@ffmpeg-installer/ffmpeg'
import type { AudioContentType } from '../../../lib/media/audio-types.ts'
import { makePicture } from '../pictures.ts'

const run = promisify(execFile)

export interface Recipe {
  readonly content_type: AudioContentType
  readonly extension: string
  readonly options: string
}

const recipe = (content_type: AudioContentType, extension: string, options: string): Recipe => ({
  content_type,
  extension,
  options,
})

const wav = (codec: string, options = '') => recipe('audio/wav', 'wav', `-c:a ${codec} ${options}`)
const aiff = (codec: string, options = '') => recipe('audio/aiff', 'aiff', `-c:a ${codec} ${options}`)
const mp3 = (options: string) => recipe('audio/mpeg', 'mp3', `-c:a libmp3lame ${options}`)
const m4a = (options: string) => recipe('audio/mp4', 'm4a', options)
const attached = '-map 1:v -c:v copy -disposition:v attached_pic'

/** Each way of writing each format that people come with, two seconds of it. */
export const recipes = {
  mp3_cbr: mp3('-b:a 128k'),
  mp3_vbr: mp3('-q:a 2'),
  mp3_without_summary: mp3('-b:a 192k -write_xing 0'),
  mp3_vbr_without_summary: mp3('-q:a 4 -write_xing 0'),
  mp3_mono_22khz: mp3('-b:a 64k -ac 1 -ar 22050'),
  mp3_old_tags: mp3('-b:a 128k -id3v2_version 3 -write_id3v1 1'),
  mp3_cover: mp3(`-b:a 128k ${attached}`),
  wav_u8: wav('pcm_u8'),
  wav_s16: wav('pcm_s16le'),
  wav_s24: wav('pcm_s24le'),
  wav_s32: wav('pcm_s32le'),
  wav_f32: wav('pcm_f32le'),
  wav_f64: wav('pcm_f64le'),
  wav_extensible: wav('pcm_s24le', '-ac 6'),
  wav_rf64: wav('pcm_s16le', '-rf64 always'),
  wav_alaw: wav('pcm_alaw'),
  wav_mulaw: wav('pcm_mulaw'),
  wav_adpcm: wav('adpcm_ms'),
  flac_16: recipe('audio/flac', 'flac', '-c:a flac -sample_fmt s16'),
  flac_24: recipe('audio/flac', 'flac', '-c:a flac -sample_fmt s32 -ar 96000'),
  flac_8_channels: recipe('audio/flac', 'flac', '-c:a flac -sample_fmt s16 -ac 8'),
  flac_cover: recipe('audio/flac', 'flac', `-c:a flac -sample_fmt s16 ${attached}`),
  aiff_s16: aiff('pcm_s16be', '-write_id3v2 1'),
  aiff_s24: aiff('pcm_s24be'),
  aifc_sowt: aiff('pcm_s16le'),
  aifc_f32: aiff('pcm_f32be'),
  aifc_alaw: aiff('pcm_alaw'),
  aac_adts: recipe('audio/aac', 'aac', '-c:a aac -b:a 128k'),
  aac_adts_mono: recipe('audio/aac', 'aac', '-c:a aac -b:a 64k -ac 1 -ar 24000'),
  m4a_aac: m4a('-c:a aac -b:a 128k'),
  m4a_faststart: m4a('-c:a aac -b:a 128k -movflags +faststart'),
  m4a_fragmented: m4a('-c:a aac -b:a 128k -movflags frag_keyframe+empty_moov'),
  m4a_51: m4a('-c:a aac -b:a 320k -ac 6'),
  m4a_alac: m4a('-c:a alac -sample_fmt s16p'),
  m4a_alac_24: m4a('-c:a alac -sample_fmt s32p -ar 96000'),
  m4a_cover: m4a(`-c:a aac -b:a 128k ${attached}`),
  ogg_vorbis: recipe('audio/ogg', 'ogg', '-c:a libvorbis -q:a 4'),
  ogg_flac: recipe('audio/ogg', 'oga', '-c:a flac -sample_fmt s16 -f ogg'),
  ogg_opus: recipe('audio/ogg', 'ogg', '-c:a libopus -b:a 64k -f ogg'),
  opus: recipe('audio/opus', 'opus', '-c:a libopus -b:a 96k'),
  opus_51: recipe('audio/opus', 'opus', '-c:a libopus -b:a 256k -ac 6 -mapping_family 1'),
  film_mp4: recipe('audio/mp4', 'mp4', '-map 2:v -c:v libx264 -pix_fmt yuv420p -c:a aac'),
  film_without_sound: recipe('audio/mp4', 'mp4', '-an -map 2:v -c:v libx264 -pix_fmt yuv420p'),
  silence_flac: recipe('audio/flac', 'flac', '-c:a flac -sample_fmt s16 -af volume=0'),
} as const satisfies Record<string, Recipe>

export type RecipeName = keyof typeof recipes
export type Encoded = Readonly<Record<RecipeName, Buffer>>

export const encodedSeconds = 2
export const encodedTags = { title: 'Low Tide', artist: 'Ada North', album: 'Shores', genre: 'Ambient' }

let making: Promise<Encoded> | undefined

/** All of them by one run of ffmpeg, once in a process. */
export const encodeAll = (): Promise<Encoded> => {
  making ??= encode()
  return making
}

async function encode(): Promise<Encoded> {
  const directory = await mkdtemp(join(tmpdir(), 'veza-corpus-'))
  const names = Object.keys(recipes) as RecipeName[]
  const pathOf = (name: RecipeName) => join(directory, `${name}.${recipes[name].extension}`)
  const tags = Object.entries(encodedTags).flatMap(([name, value]) => ['-metadata', `${name}=${value}`])
  try {
    const cover = join(directory, 'cover.png')
    await writeFile(cover, await makePicture('png'))
    const outputs = names.flatMap((name) => [
      ...(recipes[name].options.includes('-an ') ? [] : ['-map', '0:a', '-ac', '2']),
      ...tags,
      ...recipes[name].options.split(/\s+/).filter(Boolean),
      pathOf(name),
    ])
    await run(ffmpeg.path, [...inputs(cover), ...outputs])
    const files = await Promise.all(names.map(async (name) => [name, await readFile(pathOf(name))] as const))
    return Object.fromEntries(files) as Encoded
  } finally {
    await rm(directory, { recursive: true })
  }
}

/** Loud and quiet by turns, a tone and noise, so that what varies the rate has a reason to. */
const sound = [
  '0.1*sin(2*PI*330*t)*(1+3*gt(mod(t,0.5),0.25))',
  '0.3*(random(0)-0.5)*gt(mod(t,0.7),0.35)',
].join('+')

function inputs(cover: string): string[] {
  const lavfi = (graph: string) => ['-f', 'lavfi', '-i', graph]
  return [
    ...['-hide_banner', '-loglevel', 'error'],
    ...lavfi(`aevalsrc='${sound}':s=48000:d=${encodedSeconds}`),
    ...['-i', cover],
    ...lavfi('testsrc=duration=1:size=64x64:rate=5'),
  ]
}
