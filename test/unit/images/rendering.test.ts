import { createHash } from 'node:crypto'
import sharp from 'sharp'
import type { ImageContentType, ImageKind } from '../../../lib/images/image-types.ts'
import { type Rendering, renderImage } from '../../../lib/images/rendering.ts'
import {
  makeAnimation,
  makePhoto,
  makePicture,
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

test('the name is that of the files: the same picture comes to the same, whoever sends it', async () => {
  const bytes = await makePicture('png')
  const [first, second] = [await draw(bytes, 'png'), await draw(bytes, 'png')]
  const hash = createHash('sha256')
  for (const file of first.files) hash.update(file.bytes)
  expect(first.sha256).toBe(hash.digest('hex'))
  expect(second.sha256).toBe(first.sha256)
  expect((await draw(bytes, 'png', 'avatar')).sha256).not.toBe(first.sha256)
})
