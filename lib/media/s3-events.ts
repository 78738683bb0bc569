import * as z from 'zod/mini'

/** An object that was written, as a bucket's notification tells of it. */
export interface WrittenObject {
  readonly key: string
  readonly size_bytes: number
  readonly etag: string
  readonly version_id: string
}

const notification = z.object({
  Records: z.array(
    z.object({
      eventName: z.string(),
      s3: z.object({
        object: z.object({
          key: z.string(),
          size: z.int().check(z.nonnegative()),
          eTag: z.string().check(z.minLength(1)),
          versionId: z.string().check(z.minLength(1)),
        }),
      }),
    }),
  ),
})

/** What S3 sends once when a notification is set up. */
const testEvent = z.object({ Event: z.literal('s3:TestEvent') })

/** The objects a message of a bucket's queue tells of. Anything but a notification throws. */
export function readBucketEvent(message: unknown): WrittenObject[] {
  if (testEvent.safeParse(message).success) return []
  return notification
    .parse(message)
    .Records.filter(({ eventName }) => eventName.replace(/^s3:/, '').startsWith('ObjectCreated:'))
    .map(({ s3: { object } }) => ({
      key: decodeKey(object.key),
      size_bytes: object.size,
      etag: object.eTag.replaceAll('"', ''),
      version_id: object.versionId,
    }))
}

/** The message that tells of an object, as its bucket would have written it. */
export function writeBucketEvent({ key, size_bytes, etag, version_id }: WrittenObject) {
  const object = { key: encodeKey(key), size: size_bytes, eTag: etag, versionId: version_id }
  return { Records: [{ eventName: 'ObjectCreated:Put', s3: { object } }] }
}

const encodeKey = (key: string) => encodeURIComponent(key).replaceAll('%20', '+')

/** Keys travel form-encoded: a space is a plus. */
const decodeKey = (key: string) => decodeURIComponent(key.replaceAll('+', ' '))
