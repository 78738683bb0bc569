import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import ffmpeg from '@ffmpeg-installer/ffmpeg'
import sharp from 'sharp'

const run = promisify(execFile)

export const pictureFormats = ['png', 'jpeg', 'webp', 'gif'] as const
export type PictureFormat = (typeof pictureFormats)[number]

export interface PictureOptions {
  readonly width?: number
  readonly height?: number
}

/** Noise, which no encoder can do much about. */
export const noise = ({ width = 640, height = 480 }: PictureOptions = {}) =>
  sharp({
    create: {
      width,
      height,
      channels: 3,
      background: '#f60',
      noise: { type: 'gaussian', mean: 128, sigma: 40 },
    },
  })

/** One colour all over: next to nothing as a file, whatever its size. */
export const plain = (width: number, height: number, background = '#f60') =>
  sharp({ create: { width, height, channels: 3, background }, limitInputPixels: false })

/** Coarse noise of any size: GIF's palettes take seconds to find for the fine kind. */
export const makePicture = (format: PictureFormat, { width = 320, height = 240 }: PictureOptions = {}) =>
  noise({ width: 40, height: 30 })
    .resize(width, height, { kernel: 'nearest', fit: 'fill' })
    .toFormat(format, format === 'gif' ? { effort: 1, dither: 0 } : {})
    .toBuffer()

/** As a phone takes it: where, with what, by whom, and lying on its side. */
export const makePhoto = (format: 'jpeg' | 'png' | 'webp', options?: PictureOptions): Promise<Buffer> =>
  noise(options)
    .withExif({
      IFD0: { Make: 'Veza', Model: 'Pocket', Artist: 'Ada North' },
      IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 3230/100', GPSLongitudeRef: 'W' },
    })
    .withMetadata({ orientation: 6 })
    .withIccProfile('p3')
    .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"><creator>Ada North</creator></x:xmpmeta>')
    .toFormat(format)
    .toBuffer()

/** Ten frames, the first one red and the others not, by ffmpeg. */
export async function makeAnimation(format: 'gif' | 'webp'): Promise<Buffer> {
  const directory = await mkdtemp(join(tmpdir(), 'veza-pictures-'))
  try {
    const path = join(directory, `out.${format}`)
    const red = ['-f', 'lavfi', '-i', 'color=red:size=120x90:rate=10:duration=0.1']
    const rest = ['-f', 'lavfi', '-i', 'testsrc=size=120x90:rate=10:duration=0.9']
    const joined = ['-filter_complex', '[0][1]concat=n=2:v=1', '-loop', '0']
    await run(ffmpeg.path, ['-hide_banner', '-loglevel', 'error', ...red, ...rest, ...joined, path])
    return await readFile(path)
  } finally {
    await rm(directory, { recursive: true })
  }
}

/** What every scanner knows as a virus, behind the end of a real picture. */
export const infect = (picture: Buffer): Buffer =>
  Buffer.concat([
    picture,
    Buffer.from(String.raw`X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`),
  ])
