import { etagOfShown, matching } from '../../lib/http/etag.ts'
import { type Handlers, Reply } from '../../lib/http/route.ts'
import type { UploadRow } from '../../lib/uploads/repository.ts'
import type { UploadRetry } from '../../lib/uploads/retry.ts'
import { retryAfter, type UploadService } from '../../lib/uploads/service.ts'
import type { uploadRoutes } from './upload-routes.ts'

export interface UploadServices {
  readonly uploads: UploadService
  readonly retryUpload: UploadRetry
}

export function createUploadHandlers({
  uploads,
  retryUpload,
}: UploadServices): Handlers<typeof uploadRoutes> {
  return {
    requestUpload: ({ actor, params, body, ip }) => uploads.grant(actor, params.track_id, body, ip),
    getUpload: async ({ actor, params }) =>
      replyUpload(await uploads.get(actor, params.track_id, params.upload_id)),
    signUploadParts: ({ actor, params, body }) =>
      uploads.signParts(actor, params.track_id, params.upload_id, body),
    completeUpload: async ({ actor, params, body }) =>
      replyUpload(await uploads.complete(actor, params.track_id, params.upload_id, body)),
    retryUpload: async ({ actor, params: { track_id, upload_id } }) => {
      await retryUpload(actor, track_id, upload_id)
      return replyUpload(await uploads.get(actor, track_id, upload_id))
    },
    abortUpload: async ({ actor, params, headers }) => {
      await uploads.abort(actor, params.track_id, params.upload_id, matching(headers))
      return undefined
    },
  }
}

function replyUpload(upload: UploadRow) {
  const seconds = retryAfter(upload)
  const headers = seconds === undefined ? {} : { 'retry-after': String(seconds) }
  return new Reply(upload, { etag: etagOfShown(upload), headers })
}
