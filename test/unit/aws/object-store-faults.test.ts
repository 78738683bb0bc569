import { buffer } from 'node:stream/consumers'
import { createObjectStore } from '../../../lib/aws/object-store.ts'
import { type S3Fault, useFaultyS3 } from '../../support/faulty-s3.ts'

const bytes = Buffer.alloc(2 * 1024 ** 2, 'sound')
const s3 = useFaultyS3(bytes)
const store = createObjectStore('media', { requestTimeout: 300, socketTimeout: 300 })
const object = { key: 'originals/a', version_id: 'one', etag: 'tag' }
const mostTries = 3

const calls = {
  getStream: async () => buffer((await store.getStream(object)).body),
  getRange: () => store.getRange(object.key, 0, bytes.length - 1, object.version_id),
}
const names = Object.keys(calls) as (keyof typeof calls)[]
const atOnce: S3Fault[] = ['unavailable', 'internal', 'silent', 'reset']

describe.each(names)('%s', (name) => {
  test.each(atOnce)('goes through when S3 is %s once', async (fault) => {
    s3.befall(fault)
    expect((await calls[name]()).length).toBe(bytes.length)
    expect(s3.requests()).toBe(2)
  })

  test.each(atOnce)('fails when S3 stays %s, after a few tries', async (fault) => {
    s3.befall(fault, 100)
    await expect(calls[name]()).rejects.toThrow()
    // The SDK tries less often where many calls have failed.
    expect(s3.requests()).toBeGreaterThan(1)
    expect(s3.requests()).toBeLessThanOrEqual(mostTries)
  })

  test.each<S3Fault>(['cut', 'stalled'])(
    'fails when the bytes are %s, and takes no half for the whole',
    async (fault) => {
      s3.befall(fault)
      await expect(calls[name]()).rejects.toThrow()
      expect(s3.requests()).toBe(1)
    },
  )
})

test('a removal that S3 does not answer is tried again', async () => {
  s3.befall('silent')
  await store.remove(object.key, object.version_id)
  expect(s3.requests()).toBe(2)
})
