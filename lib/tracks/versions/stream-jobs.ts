import type { Actor } from '../../auth/actor.ts'
import type { Sql } from '../../db/client.ts'
import { AppError } from '../../errors.ts'
import { pageById } from '../../http/id-page.ts'
import type { PageQuery } from '../../http/route.ts'
import { findVersionOf } from './repository.ts'
import { listJobEvents, listJobs } from './stream-jobs-repository.ts'

export type StreamJobService = ReturnType<typeof createStreamJobService>

/** What the stream server was asked to make of a version, and how that went: for whoever works on the track. */
export function createStreamJobService({ sql }: { readonly sql: Sql }) {
  return {
    async list(actor: Actor, track_id: string, version_id: string, query: PageQuery) {
      const { data, ...rest } = await pageById(`stream-jobs:${version_id}`, query, (before, limit) =>
        listJobs(sql, actor, { track_id, version_id, before, limit }),
      )
      if (data.length === 0 && !(await findVersionOf(sql, actor, track_id, version_id)))
        throw new AppError('not_found')
      const ids = data.map(({ id }) => id)
      const events = Map.groupBy(await listJobEvents(sql, ids), ({ job_id }) => job_id)
      return { data: data.map((job) => ({ ...job, timeline: events.get(job.id) ?? [] })), ...rest }
    },
  }
}
