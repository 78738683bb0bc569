import sharp from 'sharp'
import { useAvatars } from '../../support/avatars.ts'
import { useClamd } from '../../support/clamd.ts'
import { useDatabase } from '../../support/database.ts'
import { infect, makePicture } from '../../support/pictures.ts'

const setUp = useAvatars(useDatabase(), useClamd())
const picture = await makePicture('png')
const other = await makePicture('jpeg', { width: 500, height: 500 })

describe('is refused with the reason', () => {
  const cases: { name: string; bytes: () => Promise<Buffer> | Buffer; declared?: string; reason: string }[] =
    [
      { name: 'a virus', bytes: () => infect(picture), reason: 'infected' },
      {
        name: 'SVG',
        bytes: () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
        reason: 'unsupported_media',
      },
      {
        name: 'HTML',
        bytes: () => Buffer.from('<!doctype html><script>1</script>'),
        reason: 'unsupported_media',
      },
      { name: 'a JPEG called a PNG', bytes: () => other, reason: 'content_mismatch' },
      { name: 'what ends early', bytes: () => picture.subarray(0, picture.length / 2), reason: 'truncated' },
      {
        name: '40.1 megapixels',
        bytes: () =>
          sharp({ create: { width: 8_020, height: 5_000, channels: 3, background: '#123' } })
            .png()
            .toBuffer(),
        reason: 'too_large',
      },
    ]

  test.each(cases)('$name', async ({ bytes, reason }) => {
    const { show, outcome, read, keys, uploads } = await setUp()
    const grant = await show(await bytes())
    expect(await outcome(grant)).toEqual(['rejected', reason])
    expect((await read()).body.avatar_url).toBeNull()
    expect(keys()).toEqual([])
    // What is infected stays where nobody reads it, for whoever looks into it.
    expect(uploads.objects.size).toBe(reason === 'infected' ? 1 : 0)
  })

  test('another hash or another size than was declared', async () => {
    const { show, ask, pass, outcome } = await setUp()
    expect(await outcome(await show(picture, { sha256: 'ab'.repeat(32) }))).toEqual([
      'rejected',
      'content_mismatch',
    ])
    const { body: grant } = await ask(picture)
    await pass(grant, picture.subarray(1))
    expect(await outcome(grant)).toEqual(['rejected', 'content_mismatch'])
  })

  test('and the picture that was there stays', async () => {
    const { show, read } = await setUp()
    await show(picture)
    const { avatar_url } = (await read()).body
    await show(infect(picture))
    expect((await read()).body.avatar_url).toBe(avatar_url)
  })
})

test.each([
  { name: 'SVG', more: { content_type: 'image/svg+xml' } },
  { name: 'more than 10 MiB', more: { size_bytes: 10 * 1024 ** 2 + 1 } },
  { name: 'nothing', more: { size_bytes: 0 } },
  { name: 'a hash that is none', more: { sha256: 'zz' } },
  { name: 'a name of nothing but a path', more: { filename: 'a/b/' } },
  { name: 'an unknown field', more: { kind: 'cover' } },
])('asking to send $name is refused', async ({ more }) => {
  const { ask } = await setUp()
  const { status, problem } = await ask(picture, more)
  expect([status, problem.code]).toEqual([422, 'validation_failed'])
})

test('exactly 10 MiB may be sent', async () => {
  const { ask } = await setUp()
  expect((await ask(picture, { size_bytes: 10 * 1024 ** 2 })).status).toBe(201)
})
