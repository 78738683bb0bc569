import { createHash } from 'node:crypto'
import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import type { ImageContentType, ImageKind } from '../../../lib/images/image-types.ts'
import { type Rendering, renderImage } from '../../../lib/images/rendering.ts'
import {
  makeAnimation,
  makePhoto,
  makePicture,
  noise,
  type PictureFormat,
  pictureFormats,
  plain,
} from '../../support/pictures.ts'

const render = (bytes: Buffer, format: PictureFormat, kind: ImageKind = 'artwork') =>
  renderImage(bytes, { kind, content_type: `image/${format}` as ImageContentType })

async function draw(...args: Parameters<typeof render>): Promise<Rendering> {
  const rendered = await render(...args)
  if ('refused' in rendered) throw new Error(`It was refused: ${rendered.refused}`)
  return rendered
}

const describeFiles = ({ files }: Rendering) =>
  Promise.all(
    files.map(async ({ size, bytes }) => {
      const { format, width, height } = await sharp(bytes).metadata()
      return [size, format, width, height]
    }),
  )

const pixel = async (bytes: Buffer) => [...(await sharp(bytes).removeAlpha().raw().toBuffer()).subarray(0, 3)]

describe.each(pictureFormats)('%s', (format) => {
  test('becomes WebP in three sizes, whole', async () => {
    const drawn = await draw(await makePicture(format, { width: 1600, height: 800 }), format)
    expect(await describeFiles(drawn)).toEqual([
      [64, 'webp', 64, 32],
      [256, 'webp', 256, 128],
      [1024, 'webp', 1024, 512],
    ])
    expect([drawn.width, drawn.height]).toEqual([1024, 512])
  })

  test('becomes squares as an avatar', async () => {
    const drawn = await draw(await makePicture(format, { width: 1600, height: 800 }), format, 'avatar')
    expect(await describeFiles(drawn)).toEqual([
      [64, 'webp', 64, 64],
      [256, 'webp', 256, 256],
      [1024, 'webp', 800, 800],
    ])
  })

  test.each([0.02, 0.5, 0.95])('is refused where it ends early (%d of it)', async (part) => {
    const bytes = await makePicture(format)
    expect(await render(bytes.subarray(0, bytes.length * part), format)).toEqual({ refused: 'truncated' })
  })

  test('is refused without its last two bytes', async () => {
    const bytes = await makePicture(format)
    expect(await render(bytes.subarray(0, -2), format)).toEqual({ refused: 'truncated' })
  })

  test.each(pictureFormats.filter((other) => other !== format))('is refused as %s', async (declared) => {
    expect(await render(await makePicture(format), declared)).toEqual({ refused: 'content_mismatch' })
  })

  test('leaves behind what follows its end', async () => {
    const bytes = await makePicture(format)
    const polyglot = Buffer.concat([bytes, Buffer.from('<script>alert(1)</script>PK\x05\x06')])
    const drawn = await draw(polyglot, format)
    for (const file of drawn.files) expect(file.bytes.includes('<script>')).toBe(false)
    expect(drawn.sha256).toBe((await draw(bytes, format)).sha256)
  })

  test('of one pixel stays one pixel', async () => {
    const bytes = await makePicture(format, { width: 1, height: 1 })
    for (const kind of ['artwork', 'avatar'] as const) {
      const sizes = await describeFiles(await draw(bytes, format, kind))
      expect(sizes.map(([, , width, height]) => [width, height])).toEqual([
        [1, 1],
        [1, 1],
        [1, 1],
      ])
    }
  })
})

test.each(['jpeg', 'png', 'webp'] as const)(
  'nothing of a photo but its pixels is left, upright (%s)',
  async (format) => {
    const photo = await makePhoto(format, { width: 900, height: 600 })
    expect(await sharp(photo).metadata()).toMatchObject({
      exif: expect.anything(),
      icc: expect.anything(),
      orientation: 6,
    })

    const drawn = await draw(photo, format)

    expect(drawn).toMatchObject({ width: 600, height: 900 })
    for (const { bytes } of drawn.files) {
      const metadata = await sharp(bytes).metadata()
      expect(metadata).toMatchObject({ space: 'srgb', hasProfile: false })
      expect([metadata.exif, metadata.icc, metadata.xmp, metadata.iptc, metadata.orientation]).toEqual(
        Array(5).fill(undefined),
      )
      for (const trace of ['Ada North', 'Pocket', 'EXIF', 'ICCP', 'XMP '])
        expect(bytes.includes(trace)).toBe(false)
    }
  },
)

test.each(['gif', 'webp'] as const)('an animated %s is shown by its first frame', async (format) => {
  const animation = await makeAnimation(format)
  expect((await sharp(animation, { animated: true }).metadata()).pages).toBeGreaterThan(5)

  const { files } = await draw(animation, format)

  for (const { bytes } of files) {
    expect((await sharp(bytes, { animated: true }).metadata()).pages ?? 1).toBe(1)
    const [red, green, blue] = await pixel(bytes)
    expect(red).toBeGreaterThan(200)
    expect(Math.max(green!, blue!)).toBeLessThan(60)
  }
})

test('a CMYK JPEG becomes sRGB of about the same colour', async () => {
  const cmyk = await plain(300, 200, '#c04020').toColourspace('cmyk').jpeg().toBuffer()
  expect((await sharp(cmyk).metadata()).space).toBe('cmyk')

  const { files } = await draw(cmyk, 'jpeg')

  const [red, green, blue] = await pixel(files[1]!.bytes)
  expect((await sharp(files[1]!.bytes).metadata()).space).toBe('srgb')
  expect(Math.abs(red! - 0xc0) + Math.abs(green! - 0x40) + Math.abs(blue! - 0x20)).toBeLessThan(60)
})

test('a PNG of 16 bits becomes one of 8, and a grey one keeps its grey', async () => {
  const deep = await plain(300, 200, '#c04020').toColourspace('rgb16').png().toBuffer()
  expect((await sharp(deep).metadata()).depth).toBe('ushort')
  const [red, green, blue] = await pixel((await draw(deep, 'png')).files[2]!.bytes)
  expect(Math.abs(red! - 0xc0) + Math.abs(green! - 0x40) + Math.abs(blue! - 0x20)).toBeLessThan(12)

  const grey = await plain(300, 200, '#808080').greyscale().png().toBuffer()
  const shade = await pixel((await draw(grey, 'png')).files[2]!.bytes)
  for (const value of shade) expect(Math.abs(value - 0x80)).toBeLessThan(4)
})

test('what can be seen through stays so', async () => {
  const clear = await sharp({ create: { width: 300, height: 300, channels: 4, background: '#0f08' } })
    .png()
    .toBuffer()
  const { files } = await draw(clear, 'png')
  const { data, info } = await sharp(files[0]!.bytes).raw().toBuffer({ resolveWithObject: true })
  expect(info.channels).toBe(4)
  expect(Math.abs(data[3]! - 0x88)).toBeLessThan(4)
})

describe('what is too large is refused before it is decoded', () => {
  test.each([
    { name: '40.1 megapixels', width: 8_020, height: 5_000 },
    { name: 'a side of 16 385', width: 16_385, height: 10 },
    { name: 'a side of 16 385, upright', width: 10, height: 16_385 },
  ])('$name', async ({ width, height }) => {
    for (const format of ['png', 'jpeg'] as const) {
      const bytes = await plain(width, height).toFormat(format).toBuffer()
      expect(await render(bytes, format)).toEqual({ refused: 'too_large' })
    }
  })

  test('a PNG of a few bytes that says it has 65 000 × 65 000 pixels', async () => {
    const began = performance.now()
    expect(await render(bomb(65_000, 65_000), 'png')).toEqual({ refused: 'too_large' })
    expect(performance.now() - began).toBeLessThan(1_000)
  })

  test('a GIF of a few bytes that says it has 9 000 × 5 000', async () => {
    const gif = await makePicture('gif', { width: 4, height: 4 })
    const frame = gif.indexOf(Buffer.from([0x2c, 0, 0, 0, 0, 4, 0, 4, 0]))
    for (const at of [6, frame + 5]) {
      gif.writeUInt16LE(9_000, at)
      gif.writeUInt16LE(5_000, at + 2)
    }
    expect(await render(gif, 'gif')).toEqual({ refused: 'too_large' })
  })

  test('exactly 40 megapixels and a side of 16 384 are not', async () => {
    expect(await draw(await plain(8_000, 5_000).png().toBuffer(), 'png')).toMatchObject({ width: 1024 })
    expect(await draw(await plain(16_384, 2).png().toBuffer(), 'png')).toMatchObject({
      width: 1024,
      height: 1,
    })
  })
})

describe('what is no picture that we take is refused', () => {
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
  test.each([
    { name: 'SVG', bytes: Buffer.from(svg) },
    { name: 'SVG behind a declaration', bytes: Buffer.from(`<?xml version="1.0"?>\n${svg}`) },
    { name: 'HTML', bytes: Buffer.from('<!doctype html><script>alert(1)</script>') },
    { name: 'a PDF', bytes: Buffer.from('%PDF-1.7\n%âãÏÓ\n') },
    { name: 'nothing but zeros', bytes: Buffer.alloc(4_096) },
    { name: 'one byte', bytes: Buffer.from([0xff]) },
    {
      name: 'a GIF of its signature alone, with a script',
      bytes: Buffer.from(`GIF89a/*${'x'.repeat(60)}*/=1;alert(1)`),
    },
    {
      name: 'a JPEG of its signature alone',
      bytes: Buffer.from(`\xff\xd8\xff\xe0${'x'.repeat(500)}`, 'latin1'),
    },
  ])('$name', async ({ bytes }) => {
    for (const format of pictureFormats) {
      const { refused } = (await render(bytes, format)) as { refused: string }
      expect(['unsupported_media', 'content_mismatch', 'truncated', 'too_large']).toContain(refused)
    }
  })

  test.each(['tiff', 'avif'] as const)('%s', async (format) => {
    const bytes = await noise({ width: 64, height: 64 }).toFormat(format).toBuffer()
    for (const declared of pictureFormats) {
      expect(await render(bytes, declared)).toEqual({ refused: 'unsupported_media' })
    }
  })

  test('a PNG whose data are not its own', async () => {
    const png = await makePicture('png')
    png.fill(0x5a, png.length >> 1, (png.length >> 1) + 400)
    expect(await render(png, 'png')).toMatchObject({
      refused: expect.stringMatching(/unsupported_media|truncated/),
    })
  })
})

test('the name is that of the files: the same picture comes to the same, whoever sends it', async () => {
  const bytes = await makePicture('png')
  const [first, second] = [await draw(bytes, 'png'), await draw(bytes, 'png')]
  const hash = createHash('sha256')
  for (const file of first.files) hash.update(file.bytes)
  expect(first.sha256).toBe(hash.digest('hex'))
  expect(second.sha256).toBe(first.sha256)
  expect((await draw(bytes, 'png', 'avatar')).sha256).not.toBe(first.sha256)
})

/** A valid head, and one line of data. */
function bomb(width: number, height: number): Buffer {
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 2, 0, 0, 0], 8)
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')
  return Buffer.concat([
    signature,
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(Buffer.alloc(width))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}
