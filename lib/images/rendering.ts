import { createHash } from 'node:crypto'
import type sharpModule from 'sharp'
import type { Metadata, OutputInfo, SharpInput, SharpOptions } from 'sharp'
import { formatOf, type ImageContentType, type ImageFormat, type ImageKind } from './image-types.ts'
import { type ImageSize, imageSizes } from './image-url.ts'
import { endsEarly, sniffImage } from './sniff.ts'

export type Refusal = 'unsupported_media' | 'content_mismatch' | 'too_large' | 'truncated'

export interface Rendering {
  /** Of all files, the smallest first. */
  readonly sha256: string
  readonly width: number
  readonly height: number
  readonly files: readonly { readonly size: ImageSize; readonly bytes: Buffer }[]
}

export type Rendered = { readonly refused: Refusal } | Rendering

const mostPixels = 40_000_000
const longestSide = 16_384
const largestSize = imageSizes.at(-1)!

/** Far above what 40 megapixels take; only what is made to be slow comes to it. */
const patienceSeconds = 60

type Sharp = typeof sharpModule

/** Loaded on first use: whoever reads audio only never pays for it. One picture at a time, and nothing kept of it. */
let loading: Promise<Sharp> | undefined
async function load(): Promise<Sharp> {
  const { default: sharp } = await import('sharp')
  sharp.concurrency(1)
  sharp.cache(false)
  // libvips reads a hundred formats; bytes that it would take for another one meet no decoder at all.
  sharp.block({ operation: ['VipsForeignLoad'] })
  sharp.unblock({ operation: decoders })
  return sharp
}

const decoders = ['VipsForeignLoadPng', 'VipsForeignLoadJpeg', 'VipsForeignLoadWebp', 'VipsForeignLoadNsgif']

/**
 * Draws a picture anew: only its pixels go on, upright and in sRGB, of an animation those of its first frame.
 * Whatever else the file holds (places, cameras, profiles, what is hidden behind its end) is left behind.
 */
export async function renderImage(
  bytes: Buffer,
  { kind, content_type }: { readonly kind: ImageKind; readonly content_type: ImageContentType },
): Promise<Rendered> {
  const format = sniffImage(bytes)
  if (!format) return { refused: 'unsupported_media' }
  if (format !== formatOf(content_type)) return { refused: 'content_mismatch' }
  if (endsEarly(format, bytes)) return { refused: 'truncated' }
  loading ??= load()
  const sharp = await loading
  const open = (input: SharpInput, options: SharpOptions = {}) =>
    sharp(input, { limitInputPixels: mostPixels, failOn: 'error', ...options })
  try {
    const metadata = await open(bytes).metadata()
    if (metadata.format !== format) return { refused: 'unsupported_media' }
    if (isTooLarge(metadata)) return { refused: 'too_large' }
    return await draw(open, bytes, kind, metadata)
  } catch (error) {
    return { refused: toRefusal(format, error) }
  }
}

const isTooLarge = ({ width, height }: Metadata) =>
  width * height > mostPixels || Math.max(width, height) > longestSide

type Open = (input: SharpInput, options?: SharpOptions) => ReturnType<Sharp>

/** Decoded once, to the largest size; the others are made of that. */
async function draw(
  open: Open,
  bytes: Buffer,
  kind: ImageKind,
  { autoOrient }: Metadata,
): Promise<Rendering> {
  const frame = frameOf(kind, autoOrient)
  const { data, info } = await open(bytes)
    .timeout({ seconds: patienceSeconds })
    .autoOrient()
    .resize(frame(largestSize))
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
  const files: { size: ImageSize; bytes: Buffer }[] = []
  for (const size of imageSizes) files.push({ size, bytes: await encode(open, data, info, frame(size)) })
  const hash = createHash('sha256')
  for (const file of files) hash.update(file.bytes)
  return { sha256: hash.digest('hex'), width: info.width, height: info.height, files }
}

/** An avatar is cut to the square in its middle, the others keep all they show. Nothing is enlarged. */
function frameOf(kind: ImageKind, { width, height }: { width: number; height: number }) {
  const shortest = Math.min(width, height)
  return (size: ImageSize) => {
    if (kind !== 'avatar')
      return { width: size, height: size, fit: 'inside', withoutEnlargement: true } as const
    const side = Math.min(size, shortest)
    return { width: side, height: side, fit: 'cover' } as const
  }
}

function encode(
  open: Open,
  data: Buffer,
  { width, height, channels }: OutputInfo,
  frame: ReturnType<ReturnType<typeof frameOf>>,
) {
  return open(data, { raw: { width, height, channels } })
    .resize(frame)
    .webp({ quality: 82, effort: 4, smartSubsample: true })
    .toBuffer()
}

/** What a decoder says of a file that stops in its middle. */
const endTexts = /premature end|unexpected end|truncated/i

function toRefusal(format: ImageFormat, error: unknown): Refusal {
  const message = error instanceof Error ? error.message : String(error)
  // Nobody's fault but ours: another try may do better.
  if (/out of memory|unable to load/i.test(message)) throw error
  if (/timeout|pixel limit/i.test(message)) return 'too_large'
  return format !== 'png' && endTexts.test(message) ? 'truncated' : 'unsupported_media'
}
