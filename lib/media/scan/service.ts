import { createHash } from 'node:crypto'
import type { ObjectStore, ObjectVersion } from '../../aws/object-store.ts'
import { logger } from '../../logger.ts'
import { findReason } from '../reasons.ts'
import type { WrittenObject } from '../s3-events.ts'
import { type Clamd, ScanTimedOut, type ScanVerdict } from './clamd.ts'
import type { Arrival, Intake, Verdict } from './intake.ts'

export interface ScanDependencies {
  /** The first that takes a key has it. */
  readonly intakes: readonly Intake[]
  readonly uploads: Pick<ObjectStore, 'bucket' | 'getStream' | 'remove' | 'tag'>
  readonly media: Pick<ObjectStore, 'copyFrom'>
  readonly clamd: Pick<Clamd, 'ready' | 'scan' | 'definitions'>
  readonly now?: () => Date
}

/**
 * Takes an uploaded object to a verdict: verdict and what comes of it in one transaction, then the copy, then the
 * source's removal. Each step is on record before the next one begins, so that whoever gets the message
 * again goes on where the last one stopped. Nothing that can be read exists before a clean verdict.
 */
export function createScanService(dependencies: ScanDependencies) {
  const { intakes, uploads, media, clamd, now = () => new Date() } = dependencies

  return {
    async handle(object: WrittenObject): Promise<void> {
      const intake = intakes.find(({ takes }) => takes(object.key))
      if (!intake) return logger.info('Nobody waits for such an object', { key: object.key })
      const arrival = await begin(intake, object)
      // Whatever else was put there goes unread, and so does what nobody waits for any more.
      if (arrival?.object_version_id !== object.version_id)
        return uploads.remove(object.key, object.version_id)
      if (arrival.status === 'scanning') await intake.record(arrival, await judge(arrival), now())
      const judged = await intake.find(arrival.object_key)
      if (!judged) await uploads.remove(object.key, object.version_id)
      else if (!isToBeTriedAgain(judged)) await settle(intake, judged)
    },

    /** After the last try of a message. */
    async giveUp({ key, version_id }: WrittenObject, error: unknown): Promise<void> {
      const intake = intakes.find(({ takes }) => takes(key))
      const arrival = await intake?.find(key)
      if (arrival?.object_version_id !== version_id) return
      await intake?.giveUp(arrival, error instanceof ScanTimedOut ? 'scan_timeout' : 'scan_failed', now())
    },
  }

  async function begin(intake: Intake, object: WrittenObject): Promise<Arrival | undefined> {
    const arrival = await intake.find(object.key)
    if (!arrival) return undefined
    if (isToPin(arrival, object)) await intake.begin(arrival, object, now())
    else if (arrival.object_version_id !== object.version_id) return arrival
    else if (isToBeTriedAgain(arrival)) await intake.resume?.(arrival, now())
    else if (isAtWork(arrival)) await intake.markTried?.(arrival, now())
    else return arrival
    return intake.find(object.key)
  }

  async function judge(arrival: Arrival): Promise<Verdict> {
    if (arrival.unwanted) return { to: 'failed', reason: arrival.unwanted }
    await clamd.ready()
    // Before the scan: if new ones are loaded meanwhile, it counts as made by the old ones, and is repeated.
    const definitions = await clamd.definitions()
    const { body, size_bytes } = await uploads.getStream(pinned(arrival))
    if (size_bytes === 0 || size_bytes !== arrival.size_bytes) {
      body.destroy()
      return { to: 'rejected', reason: size_bytes === 0 ? 'empty' : 'content_mismatch' }
    }
    const hash = createHash('sha256')
    const verdict = await clamd.scan(hashed(body, hash))
    return toVerdict(arrival, verdict, { digest: () => hash.digest('hex'), definitions })
  }

  /** What is left to do once a verdict is on record; every part may be done again. */
  async function settle(intake: Intake, arrival: Arrival): Promise<void> {
    const object = pinned(arrival)
    const { status_reason, clean_key, stored_at } = arrival
    if (status_reason === 'infected') return uploads.tag(object, { verdict: 'infected' })
    if (clean_key && !stored_at) {
      const source = { bucket: uploads.bucket, ...object }
      await intake.markStored(arrival, await media.copyFrom(source, clean_key, arrival.content_type), now())
    }
    await uploads.remove(object.key, object.version_id)
  }
}

const pinned = ({ object_key, object_version_id, object_etag }: Arrival): ObjectVersion => ({
  key: object_key,
  version_id: object_version_id!,
  etag: object_etag!,
})

/** Then its source is still needed. */
const isToBeTriedAgain = ({ status, status_reason, stored_at }: Arrival) =>
  status === 'failed' && stored_at === null && findReason(status_reason)?.retry === 'scan'

/** Waits for its verdict, or for the copy that follows from it. */
const isAtWork = ({ status, stored_at }: Arrival) =>
  status === 'scanning' || (status === 'processing' && stored_at === null)

/** The first object that is told of is the one. */
const isToPin = ({ status, object_version_id, object_etag }: Arrival, { etag }: WrittenObject) =>
  status === 'uploading' || (object_version_id === null && object_etag === etag)

async function* hashed(body: AsyncIterable<Uint8Array>, hash: ReturnType<typeof createHash>) {
  for await (const chunk of body) {
    hash.update(chunk)
    yield chunk
  }
}

interface Scan {
  /** Of the bytes that were scanned. */
  readonly digest: () => string
  readonly definitions: string
}

function toVerdict({ sha256 }: Arrival, scanned: ScanVerdict, { digest, definitions }: Scan): Verdict {
  if (scanned.verdict === 'infected') {
    logger.warn('An upload is infected', { signature: scanned.signature })
    return { to: 'rejected', reason: 'infected' }
  }
  if (scanned.verdict !== 'clean') {
    logger.warn('An upload could not be scanned to its end', { found: scanned.found })
    return { to: 'rejected', reason: scanned.verdict === 'too_large' ? 'too_large' : 'unscannable' }
  }
  const actual = digest()
  if (sha256 && sha256 !== actual) return { to: 'rejected', reason: 'content_mismatch' }
  return { to: 'processing', sha256: actual, definitions_version: definitions }
}
