import { readBucketEvent } from '../../../lib/media/s3-events.ts'
import { bucketEvent } from '../../support/memory-storage.ts'

const record = (eventName: string, key: string) => ({
  eventName,
  s3: { object: { key, size: 3, eTag: '"ab"', versionId: 'v1' } },
})

test('reads every object of a message, with its key decoded', () => {
  const message = {
    Records: [record('ObjectCreated:Put', 'uploads/a'), record('ObjectCreated:Copy', 'a+b/%C3%BC%2Bc%252F')],
  }
  expect(readBucketEvent(message)).toEqual([
    { key: 'uploads/a', size_bytes: 3, etag: 'ab', version_id: 'v1' },
    { key: 'a b/ü+c%2F', size_bytes: 3, etag: 'ab', version_id: 'v1' },
  ])
})

test('reads what S3 sends', () => {
  expect(readBucketEvent(bucketEvent('uploads', 'uploads/x y', 9, 'abc', 'v2'))).toEqual([
    { key: 'uploads/x y', size_bytes: 9, etag: 'abc', version_id: 'v2' },
  ])
})

test.each([
  { name: "S3's own test", message: { Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'b' } },
  { name: 'a removal', message: { Records: [record('ObjectRemoved:Delete', 'a')] } },
  { name: 'no records', message: { Records: [] } },
])('finds nothing in $name', ({ message }) => {
  expect(readBucketEvent(message)).toEqual([])
})

test('refuses an object of a bucket that keeps no versions', () => {
  const { eventName, s3 } = record('ObjectCreated:Put', 'uploads/a')
  const { versionId: _, ...object } = s3.object
  expect(() => readBucketEvent({ Records: [{ eventName, s3: { object } }] })).toThrow('versionId')
})

test.each([null, {}, 'text', { Records: 'x' }, { Records: [{ eventName: 'ObjectCreated:Put' }] }])(
  'refuses what is no notification: %j',
  (message) => {
    expect(() => readBucketEvent(message)).toThrow('expected')
  },
)
