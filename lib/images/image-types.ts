/** What a picture may show itself with. */
export type ImageKind = 'avatar' | 'artwork' | 'cover'

export type ImageFormat = 'png' | 'jpeg' | 'webp' | 'gif'

const MiB = 1024 ** 2

/** Bytes that an upload may have. */
export const largestUpload: Readonly<Record<ImageKind, number>> = {
  avatar: 10 * MiB,
  artwork: 15 * MiB,
  cover: 15 * MiB,
}

const formats = {
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  'image/webp': 'webp',
  'image/gif': 'gif',
} as const satisfies Record<string, ImageFormat>

export type ImageContentType = keyof typeof formats
export const imageContentTypes = Object.keys(formats) as [ImageContentType, ...ImageContentType[]]

export const formatOf = (contentType: ImageContentType): ImageFormat => formats[contentType]

export const contentTypeOf = (format: ImageFormat): ImageContentType => `image/${format}`
