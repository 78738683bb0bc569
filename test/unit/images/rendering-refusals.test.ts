import { crc32, deflateSync } from 'node:zlib'
import type { ImageContentType } from '../../../lib/images/image-types.ts'
import { renderImage } from '../../../lib/images/rendering.ts'
import { makePicture, noise, type PictureFormat, pictureFormats, plain } from '../../support/pictures.ts'

const render = (bytes: Buffer, format: PictureFormat) =>
  renderImage(bytes, { kind: 'artwork', content_type: `image/${format}` as ImageContentType })

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
    expect(await render(await plain(8_000, 5_000).png().toBuffer(), 'png')).toMatchObject({ width: 1024 })
    expect(await render(await plain(16_384, 2).png().toBuffer(), 'png')).toMatchObject({
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
