import type { Actor } from '../auth/actor.ts'
import type { Db, Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import type { UploadQuotas } from './quota-schemas.ts'
import { findUsage, listOpenUploads, type Usage } from './quotas-repository.ts'

/** What one user may have; it is counted by who uploads, whosever the track is. */
export const uploadLimits: Usage = {
  bytes: 50 * 1024 ** 3,
  concurrent_uploads: 5,
  files_per_day: 500,
}

export interface QuotaDependencies {
  readonly sql: Sql
  readonly now?: () => Date
}

export type QuotaService = ReturnType<typeof createQuotaService>

export function createQuotaService({ sql, now = () => new Date() }: QuotaDependencies) {
  return {
    async get({ id }: Actor): Promise<UploadQuotas> {
      const at = now()
      const usage = await findUsage(sql, id, at)
      const of = (quota: keyof Usage) => ({ used: usage[quota], limit: uploadLimits[quota] })
      return {
        bytes: of('bytes'),
        concurrent_uploads: of('concurrent_uploads'),
        files_per_day: of('files_per_day'),
        uploads: await listOpenUploads(sql, id, { now: at, limit: uploadLimits.concurrent_uploads }),
      }
    },
  }
}

const refusals: Readonly<Record<keyof Usage, string>> = {
  bytes: 'There is not that much space left',
  concurrent_uploads: 'There are as many uploads under way as there may be',
  files_per_day: 'There were as many uploads within a day as there may be',
}

/** Under the lock of the user, which all of their grants take, so that two of them cannot both be the last one. */
export async function requireQuota(tx: Db, userId: string, sizeBytes: number, now: Date): Promise<void> {
  const usage = await findUsage(tx, userId, now)
  const asked: Usage = { bytes: sizeBytes, concurrent_uploads: 1, files_per_day: 1 }
  for (const quota of ['concurrent_uploads', 'files_per_day', 'bytes'] as const) {
    const [used, limit] = [usage[quota], uploadLimits[quota]]
    if (used + asked[quota] <= limit) continue
    throw new AppError('quota_exceeded', refusals[quota], { extensions: { quota, used, limit } })
  }
}
