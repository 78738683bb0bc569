import { etagOf } from '../lib/http/etag.ts'
import { Reply } from '../lib/http/route.ts'
import type { ImageUploadRow } from '../lib/images/repository.ts'
import { retryAfter } from '../lib/images/service.ts'

/** How an upload stands, and when it is worth asking again. */
export function replyImageUpload(upload: ImageUploadRow) {
  const seconds = retryAfter(upload)
  const headers = seconds === undefined ? {} : { 'retry-after': String(seconds) }
  return new Reply(upload, { etag: etagOf(upload), headers })
}
