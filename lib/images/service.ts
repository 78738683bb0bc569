import type { Actor } from '../auth/actor.ts'
import type { ObjectStore } from '../aws/object-store.ts'
import type { Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import type { Confirm } from '../http/etag.ts'
import { grantExpiry, grantUpload } from '../media/upload-grant.ts'
import type { OutboxRelay } from '../outbox.ts'
import type { ImageHolder } from './holder.ts'
import {
  findOwnImageUpload,
  giveUpImageUploads,
  type ImageUploadRow,
  insertImageUpload,
} from './repository.ts'
import type { RequestImage } from './schemas.ts'

export interface ImageDependencies {
  readonly sql: Sql
  readonly store: Pick<ObjectStore, 'presignPut'>
  readonly holder: ImageHolder
  /** Without it those who are told of a picture are so once the outbox is swept. */
  readonly relay?: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

export type ImageService = ReturnType<typeof createImageService>

/** Seconds after which asking again is worth it. */
const pollSeconds = 1

/** The pictures of whatever the holder stands for: sending one, seeing how it gets on, showing none any more. */
export function createImageService(dependencies: ImageDependencies) {
  const { sql, store, holder, relay, now = () => new Date() } = dependencies
  const subjectOf = (subject_id: string) => ({ kind: holder.kind, subject_id })

  return {
    /**
     * Grants one PUT of exactly the declared bytes into the quarantine. What is under way gives way to it: of two
     * pictures that were chosen, the one chosen last is meant.
     */
    grant: (actor: Actor, subjectId: string, request: RequestImage) =>
      sql.begin(async (tx) => {
        const at = now()
        if (!(await holder.lockFor(tx, subjectId, actor.id))) throw new AppError('not_found')
        await giveUpImageUploads(tx, subjectOf(subjectId), 'replaced', at)
        const expires_at = grantExpiry(at)
        const upload = { ...request, ...subjectOf(subjectId), created_by: actor.id, expires_at }
        const { id, object_key } = await insertImageUpload(tx, upload, at)
        return grantUpload(store, { id, object_key, expires_at }, request)
      }),

    async get(actor: Actor, subjectId: string, uploadId: string): Promise<ImageUploadRow> {
      const row = await findOwnImageUpload(sql, uploadId, subjectOf(subjectId), actor.id)
      if (!row) throw new AppError('not_found')
      return row
    },

    /** Nothing that is still under way comes to be shown. `confirm` sees the present row, and may throw. */
    async remove(actor: Actor, subjectId: string, confirm: Confirm): Promise<void> {
      await sql.begin(async (tx) => {
        const row = await holder.lockFor(tx, subjectId, actor.id)
        if (!row) throw new AppError('not_found')
        confirm(row)
        await giveUpImageUploads(tx, subjectOf(subjectId), 'withdrawn', now())
        await holder.show(tx, subjectId, null, now())
      })
      await relay?.flushSoon()
    },
  }
}

const resting: readonly ImageUploadRow['status'][] = ['ready', 'rejected', 'failed']

/** Seconds until the status may have changed; undefined when it will not. */
export const retryAfter = ({ status }: ImageUploadRow) => (resting.includes(status) ? undefined : pollSeconds)
