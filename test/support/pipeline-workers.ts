import { writeFile } from 'node:fs/promises'
import type { JobQueue } from '../../lib/aws/job-queue.ts'
import type { QueueWorkerOptions } from '../../lib/aws/queue-worker.ts'
import type { Sql } from '../../lib/db/client.ts'
import { AppError } from '../../lib/errors.ts'
import { createEventConsumer, type Jobs } from '../../lib/event-consumer.ts'
import { createReceipts } from '../../lib/event-receipts.ts'
import { events } from '../../lib/events.ts'
import { createEmbeddedArtwork } from '../../lib/images/embedded-artwork.ts'
import { createImageProcessing, isImageOriginal } from '../../lib/images/processing-service.ts'
import { createImageIntake } from '../../lib/images/scan-intake.ts'
import { createMp3Service } from '../../lib/license-files/mp3-service.ts'
import { createAnalysisSender, readAnalysisMessage } from '../../lib/media/analysis/messages.ts'
import { createAnalysisService } from '../../lib/media/analysis/service.ts'
import { createMetadataService } from '../../lib/media/metadata/service.ts'
import { createRedelivery } from '../../lib/media/redelivery.ts'
import { createRescanService, rescanMessage } from '../../lib/media/rescan/service.ts'
import { readBucketEvent } from '../../lib/media/s3-events.ts'
import type { Clamd } from '../../lib/media/scan/clamd.ts'
import { createScanService } from '../../lib/media/scan/service.ts'
import { createTrackIntake } from '../../lib/media/scan/track-intake.ts'
import { createCallbackService } from '../../lib/media/streams/callback-service.ts'
import { createPrepareService } from '../../lib/media/streams/prepare-service.ts'
import type { PrepareJob, StreamServer } from '../../lib/media/streams/stream-server.ts'
import { createSameFileReports } from '../../lib/moderation/same-file.ts'
import { createDelivery } from '../../lib/notifications/delivery.ts'
import { createOutboxRelay } from '../../lib/outbox.ts'
import { covers } from '../../lib/playlists/cover.ts'
import { contentEvents } from '../../lib/public-events/sources.ts'
import { artworks } from '../../lib/tracks/artwork.ts'
import { avatars } from '../../lib/users/avatar.ts'
import { heard } from './heard.ts'
import type { MemoryStore } from './memory-storage.ts'
import type { QueueName } from './pipeline.ts'
import type { Life } from './steps.ts'

export type PipelineClamd = Pick<Clamd, 'ready' | 'scan' | 'definitions'>

export interface PipelineParts {
  readonly sql: Sql
  readonly uploads: MemoryStore
  readonly media: MemoryStore
  readonly clamd: PipelineClamd
  readonly streamServer: StreamServer
  readonly mailer: {
    sendVersionWithdrawn(letter: { readonly user_id: string; readonly version_id: string }): Promise<void>
  }
  readonly now: () => Date
  readonly send: (queue: QueueName, body: unknown) => void
}

type Worker = Pick<QueueWorkerOptions, 'handleMessage' | 'giveUp'>

/** What each function is made of, as its handler.ts puts it together; made anew for each life. */
export const workers = {
  scan(life: Life, parts: PipelineParts): Worker {
    const { now } = parts
    const sql = life.watchSql(parts.sql)
    const media = life.watch('media', notifying(parts.media, 'originals/', 'metadata', parts))
    const clamd = life.watch('clamd', parts.clamd)
    const scans = createScanService({
      intakes: [createImageIntake({ sql }), createTrackIntake({ sql })],
      uploads: life.watch('uploads', parts.uploads),
      media,
      clamd,
      now,
    })
    const rescans = createRescanService({ sql, media, clamd, keeper: { refresh: async () => {} }, now })
    return {
      handleMessage: async (body) => {
        const again = rescanMessage.safeParse(body)
        if (again.success) return rescans.handle(again.data)
        for (const object of readBucketEvent(body)) await scans.handle(object)
      },
      giveUp: async (body, error) => {
        if (rescanMessage.safeParse(body).success) return
        for (const object of readBucketEvent(body)) await scans.giveUp(object, error)
      },
    }
  },

  metadata(life: Life, parts: PipelineParts): Worker {
    const { now } = parts
    const sql = life.watchSql(parts.sql)
    const media = life.watch('media', parts.media)
    const uploads = life.watch('uploads', notifying(parts.uploads, 'uploads/', 'scan', parts))
    const pictures = createImageProcessing({ sql, media, holders: [avatars, artworks, covers], now })
    const metadata = createMetadataService({
      sql,
      media,
      artwork: createEmbeddedArtwork({ sql, uploads, holder: artworks, now }),
      relay: createOutboxRelay({ sql, queue: queueOf('events', life, parts), now }),
      now,
    })
    return {
      handleMessage: async (body) => {
        for (const object of readBucketEvent(body))
          await (isImageOriginal(object.key) ? pictures : metadata).handle(object)
      },
      giveUp: async (body) => {
        for (const object of readBucketEvent(body))
          if (!isImageOriginal(object.key)) await metadata.giveUp(object)
      },
    }
  },

  analysis(life: Life, parts: PipelineParts): Worker {
    const given = {
      sql: life.watchSql(parts.sql),
      media: life.watch('media', parts.media),
      now: parts.now,
    }
    const services = {
      analysis: createAnalysisService({
        ...given,
        listen: async () => heard,
        clip: async () => Buffer.from('a preview'),
      }),
      mp3: createMp3Service({ ...given, encode: (_source, path) => writeFile(path, 'an MP3') }),
    }
    return {
      handleMessage: (body) => {
        const { version_id, work } = readAnalysisMessage(body)
        return services[work].handle(version_id)
      },
    }
  },

  events(life: Life, parts: PipelineParts): Worker {
    const { now } = parts
    const sql = life.watchSql(parts.sql)
    const streamServer = life.watch('stream server', parts.streamServer)
    const mailer = life.watch('mailer', parts.mailer)
    const jobs: Jobs = {
      ...nobody,
      'notification.add': createDelivery({ sql, now }),
      'mail.version_withdrawn': (letter) => mailer.sendVersionWithdrawn(letter),
      'moderation.same_file': ({ version_id }) => createSameFileReports({ sql, now })(version_id),
      'upload.redeliver': ({ upload_id }) => redeliver(upload_id),
      'stream.prepare': createPrepareService({ sql, streamServer, now }).prepare,
      'track.analyse': ({ version_id }) => sendAnalysis({ version_id, work: 'analysis' }),
      'track.make_mp3': ({ version_id }) => sendAnalysis({ version_id, work: 'mp3' }),
    }
    const sendAnalysis = createAnalysisSender(queueOf('analysis', life, parts))
    const redeliver = createRedelivery({
      sql,
      scanQueue: queueOf('scan', life, parts),
      metadataQueue: queueOf('metadata', life, parts),
    })
    const receipts = createReceipts({ sql, consumer: 'jobs', now })
    return { handleMessage: createEventConsumer({ receipts, jobs }) }
  },

  /** What the stream server says when it is done. */
  callbacks(life: Life, parts: PipelineParts): Worker {
    const callbacks = createCallbackService({
      sql: life.watchSql(parts.sql),
      media: life.watch('media', parts.media),
      now: parts.now,
    })
    return {
      async handleMessage(body) {
        const { track_id, version_id, job_id } = body as PrepareJob
        const made = { version_id, job_id, manifest_key: 'm.m3u8', renditions: [] }
        await callbacks.ready(track_id, made).catch((error: unknown) => {
          // That there is no such track any more is an answer too.
          if (!(error instanceof AppError && error.code === 'not_found')) throw error
        })
      },
    }
  },

  async relay(life: Life, parts: PipelineParts) {
    const sql = life.watchSql(parts.sql)
    const relay = createOutboxRelay({ sql, queue: queueOf('events', life, parts), now: parts.now })
    while ((await relay.flush()) > 0);
  },
}

const unexpected = () => Promise.reject(new Error('Nobody is to be sent this'))

/** Accounts are told of these elsewhere. */
const unheard = async () => {}
const isTold = (type: string) => type in contentEvents || type === 'mail.notification'

const nobody = Object.fromEntries(
  Object.keys(events).map((type) => [type, isTold(type) ? unheard : unexpected]),
) as unknown as Jobs

function queueOf(name: QueueName, life: Life, { send }: PipelineParts): Pick<JobQueue, 'send'> {
  return life.watch(`${name} queue`, {
    send: async (messages: Parameters<JobQueue['send']>[0]) => {
      for (const { body } of messages) send(name, JSON.parse(body))
      return messages.map(({ id }) => id)
    },
  })
}

/** A bucket that tells of what comes below a prefix, whatever becomes of whoever brought it. */
function notifying(
  store: MemoryStore,
  prefix: string,
  queue: QueueName,
  { send }: PipelineParts,
): MemoryStore {
  const versionOf = (key: string) => store.objects.get(key)?.version_id
  const telling = async <T>(key: string, write: () => Promise<T>) => {
    const before = versionOf(key)
    const result = await write()
    if (key.startsWith(prefix) && versionOf(key) !== before) send(queue, store.eventOf(key))
    return result
  }
  return {
    ...store,
    put: (key, ...rest) => telling(key, () => store.put(key, ...rest)),
    copyFrom: (source, key, type) => telling(key, () => store.copyFrom(source, key, type)),
  }
}
