import * as z from 'zod/mini'
import type { ObjectStore, UploadGrant } from '../aws/object-store.ts'
import { timestamp } from '../http/route.ts'
import { line } from '../text.ts'
import { later } from '../time.ts'

/** Of a path, which some clients send, only the name is kept. */
export const filename = line(255).check(
  z.overwrite((path) => path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)),
  z.minLength(1),
)

export const sha256 = z.string().check(z.toLowerCase(), z.regex(/^[0-9a-f]{64}$/))

export const uploadGrant = z.object({
  upload_id: z.uuid(),
  mode: z.literal('single'),
  method: z.literal('PUT'),
  url: z.url(),
  /** To be sent as they are: they are part of the signature. */
  headers: z.record(z.string(), z.string()),
  expires_at: timestamp,
})

const grantSeconds = 15 * 60

export const grantExpiry = (now: Date) => later(now, grantSeconds * 1_000)

interface GrantedUpload {
  readonly id: string
  readonly object_key: string
  readonly expires_at: Date
}

/** One PUT of exactly the declared bytes, straight into the quarantine. */
export async function grantUpload(
  store: Pick<ObjectStore, 'presignPut'>,
  { id, object_key, expires_at }: GrantedUpload,
  { content_type, size_bytes, sha256 }: Omit<UploadGrant, 'expires_in_seconds'>,
): Promise<z.output<typeof uploadGrant>> {
  const declared = { content_type, size_bytes, sha256, expires_in_seconds: grantSeconds }
  const { url, headers } = await store.presignPut(object_key, declared)
  return { upload_id: id, mode: 'single', method: 'PUT', url, headers, expires_at }
}
