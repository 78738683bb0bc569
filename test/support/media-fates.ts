import { createCallbackService } from '../../lib/media/streams/callback-service.ts'
import { sendDueJobs } from '../../lib/media/streams/prepare-jobs.ts'
import { createPrepareService } from '../../lib/media/streams/prepare-service.ts'
import { JobNotTaken } from '../../lib/media/streams/stream-server.ts'
import { failStuck, redeliverStuck } from '../../lib/media/watchdog.ts'
import { keepWithdrawn, reinstateVersion, withdrawVersion } from '../../lib/media/withdrawal/withdrawal.ts'
import { createWithdrawnService } from '../../lib/media/withdrawal/withdrawn-service.ts'
import { dayMs, later, minuteMs } from '../../lib/time.ts'
import { createRemoval, purgeDueTracks } from '../../lib/tracks/purge.ts'
import { removeSurplusVersions } from '../../lib/tracks/versions/retention.ts'
import { createUploadSweep } from '../../lib/uploads/sweep.ts'
import { done, idle, type Lane, readers, tried, type VersionIds } from './media-stage.ts'
import type { Move, Moves } from './moves.ts'

const origin = { ip: '', userAgent: '', requestId: 'storm' }

/** What comes upon files without their uploaders: the stream server, late findings, the clock. */
export const createMediaFates = (lane: Lane): Moves => ({
  ...streamMoves(lane),
  ...findingMoves(lane),
  ...clockMoves(lane),
})

const onVersion = (lane: Lane, work: (version: VersionIds) => Promise<unknown>): Move => {
  const read = readers(lane)
  return async () => {
    const version = await read.version()
    return version ? tried(work(version)) : idle
  }
}

function streamMoves(lane: Lane): Moves {
  const { sql, media, chance } = lane
  const streams = createPrepareService({
    sql,
    streamServer: {
      prepare: async () => {
        if (chance.below(4) === 0) throw new JobNotTaken(500)
      },
    },
  })
  const callbacks = createCallbackService({ sql, media })
  const prepare = onVersion(lane, async ({ job_id, ...ids }) => job_id && streams.prepare({ job_id, ...ids }))
  const ready = onVersion(
    lane,
    async ({ track_id, version_id, job_id }) =>
      job_id && callbacks.ready(track_id, { version_id, job_id, manifest_key: 'm', renditions: [] }),
  )
  const failed = (is_transient: boolean) =>
    onVersion(
      lane,
      async ({ track_id, version_id, job_id }) =>
        job_id && callbacks.failed(track_id, { version_id, job_id, reason: 'no space left', is_transient }),
    )
  return {
    prepare,
    prepareAgain: prepare,
    ready,
    readyAgain: ready,
    streamFailed: failed(false),
    streamFailedForNow: failed(true),
    sendDueJobs: () => tried(sendDueJobs(sql, later(new Date(), chance.below(60) * minuteMs))),
  }
}

function findingMoves(lane: Lane): Moves {
  const { sql, moderator } = lane
  const cases = createWithdrawnService({ sql })
  const finding = (version_id: string) => ({ version_id, signature: 'Late', definitions_version: 'set-2' })
  return {
    withdraw: onVersion(lane, ({ track_id, version_id }) =>
      sql.begin((tx) => withdrawVersion(tx, track_id, finding(version_id), origin, new Date())),
    ),
    askForReinstatement: onVersion(lane, ({ version_id }) => cases.reinstate(moderator, version_id, origin)),
    reinstate: onVersion(lane, ({ track_id, version_id }) => {
      const clearing = { version_id, definitions_version: 'set-3' }
      return sql.begin((tx) => reinstateVersion(tx, track_id, clearing, origin, new Date()))
    }),
    keepWithdrawn: onVersion(lane, ({ track_id, version_id }) =>
      sql.begin((tx) => keepWithdrawn(tx, track_id, finding(version_id), origin, new Date())),
    ),
  }
}

function clockMoves(lane: Lane): Moves {
  const { sql, uploads, media, chance } = lane
  const sweep = createUploadSweep({ sql, uploads })
  const remove = createRemoval({ sql, media })
  const soon = (minutes: number) => later(new Date(), chance.below(minutes) * minuteMs)
  return {
    redeliverStuck: () => tried(redeliverStuck(sql, soon(30))),
    failStuck: () => tried(failStuck(sql, soon(60))),
    settle: () => tried(sweep.settleSome(soon(30))),
    expire: () => tried(sweep.settleSome(later(new Date(), dayMs + minuteMs))),
    throwAway: () => tried(sweep.throwSomeAway()),
    purge: async () => {
      await sql`update tracks set purges_at = now() where deleted_at is not null and purged_at is null`
      return tried(purgeDueTracks(sql, later(new Date(), minuteMs)))
    },
    removeSurplus: () => tried(removeSurplusVersions(sql, later(new Date(), 31 * dayMs))),
    removeDiscarded: async () => ((await remove()) > 0 ? done : idle),
  }
}
