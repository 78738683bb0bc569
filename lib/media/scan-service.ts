import { createHash } from 'node:crypto'
import type { ObjectStore } from '../aws/object-store.ts'
import { logger } from '../logger.ts'
import type { Clamd, ScanVerdict } from './clamd.ts'
import type { Arrival, Intake, Verdict } from './intake.ts'
import type { WrittenObject } from './s3-events.ts'

export interface ScanDependencies {
  /** The first that takes a key has it. */
  readonly intakes: readonly Intake[]
  readonly uploads: Pick<ObjectStore, 'bucket' | 'getStream' | 'remove' | 'tag'>
  readonly media: Pick<ObjectStore, 'copyFrom'>
  readonly clamd: Pick<Clamd, 'ready' | 'scan'>
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
      const arrival = intake && (await begin(intake, object))
      if (!arrival) return logger.info('Nothing is waiting for this object', { key: object.key })
      if (arrival.status === 'scanning') await intake.record(arrival, await judge(arrival), now())
      const judged = await intake.find(arrival.object_key)
      if (judged) await settle(intake, judged)
    },
  }

  async function begin(intake: Intake, { key, etag }: WrittenObject): Promise<Arrival | undefined> {
    const arrival = await intake.find(key)
    if (arrival?.status !== 'uploading') return arrival
    await intake.begin(arrival, etag, now())
    return intake.find(key)
  }

  async function judge(arrival: Arrival): Promise<Verdict> {
    if (arrival.unwanted) return { to: 'failed', reason: arrival.unwanted }
    await clamd.ready()
    const { body, size_bytes } = await uploads.getStream(arrival.object_key, arrival.object_etag!)
    if (size_bytes === 0 || size_bytes !== arrival.size_bytes) {
      body.destroy()
      return { to: 'rejected', reason: size_bytes === 0 ? 'empty' : 'content_mismatch' }
    }
    const hash = createHash('sha256')
    const verdict = await clamd.scan(hashed(body, hash))
    return toVerdict(arrival, verdict, () => hash.digest('hex'))
  }

  /** What is left to do once a verdict is on record; every part may be done again. */
  async function settle(intake: Intake, arrival: Arrival): Promise<void> {
    const { object_key, status_reason, clean_key, stored_at } = arrival
    if (status_reason === 'infected') return uploads.tag(object_key, { verdict: 'infected' })
    if (clean_key && !stored_at) {
      await store(arrival, clean_key)
      await intake.markStored(arrival, now())
    }
    await uploads.remove(object_key)
  }

  function store({ object_key, object_etag, content_type }: Arrival, key: string) {
    return media.copyFrom({ bucket: uploads.bucket, key: object_key, etag: object_etag! }, key, content_type)
  }
}

async function* hashed(body: AsyncIterable<Uint8Array>, hash: ReturnType<typeof createHash>) {
  for await (const chunk of body) {
    hash.update(chunk)
    yield chunk
  }
}

function toVerdict({ sha256 }: Arrival, scanned: ScanVerdict, digest: () => string): Verdict {
  if (scanned.verdict === 'infected') {
    logger.warn('An upload is infected', { signature: scanned.signature })
    return { to: 'rejected', reason: 'infected' }
  }
  if (scanned.verdict === 'over_limit') {
    logger.warn('An upload is beyond a limit of the scanner', { limit: scanned.limit })
    return { to: 'rejected', reason: /Size|Length/.test(scanned.limit) ? 'too_large' : 'unscannable' }
  }
  const actual = digest()
  if (sha256 && sha256 !== actual) return { to: 'rejected', reason: 'content_mismatch' }
  return { to: 'processing', sha256: actual }
}
