import * as z from 'zod/mini'
import { openUrl } from '../media/delivery/open-url.ts'

/** Longest sides, in pixels, that each picture is made in. */
export const imageSizes = [64, 256, 1024] as const
export type ImageSize = (typeof imageSizes)[number]

/** The size an answer names. */
const shownSize: ImageSize = 256

const imagePrefix = 'images/'

export const imageKey = (sha256: string, size: ImageSize) => `${imagePrefix}${sha256}/${size}.webp`

const urlOf = (sha256: string): string => openUrl(imageKey(sha256, shownSize))

/** A picture in an answer: rows have its hash, clients get its address. */
const imageUrl = z.codec(z.url(), z.string(), {
  decode: (url) => url.split('/').at(-2)!,
  encode: urlOf,
})

const description =
  'The picture as WebP, at most 256 px a side. `64.webp` and `1024.webp` in place of the last segment are its ' +
  'other sizes; a source is never enlarged, so a file may be smaller than its name. The bytes behind a URL never change.'

/** Null where there is none. */
export const imageUrlField = z.nullable(imageUrl).check(z.meta({ description }))
