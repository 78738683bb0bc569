import type { Sql } from '../db/client.ts'
import { logger } from '../logger.ts'
import type { PrepareJob, StreamServer } from './stream-server.ts'
import { findVersion } from './versions-repository.ts'

export interface PrepareDependencies {
  readonly sql: Sql
  readonly streamServer: StreamServer
}

/** Passes a job on to the stream server, unless nobody waits for it any more. */
export function createPrepareService({ sql, streamServer }: PrepareDependencies) {
  return {
    async prepare(job: PrepareJob): Promise<void> {
      const version = await findVersion(sql, job.track_id, job.version_id)
      if (version?.stream_job_id !== job.job_id || version.upload_status !== 'transcoding') {
        return logger.info('A prepare job has lapsed', { ...job })
      }
      await streamServer.prepare(job)
    },
  }
}
