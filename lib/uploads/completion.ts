import type { PresentObject, StoredPart } from '../aws/multipart.ts'
import type { ObjectStore } from '../aws/object-store.ts'
import type { Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { beginScan } from '../media/scan/track-intake.ts'
import { later, minuteMs } from '../time.ts'
import { partNumbers, sizeOfPart } from './parts.ts'
import type { CompleteUpload } from './schemas.ts'
import { forgetMultipart, markCompleting, type UploadSession } from './sessions-repository.ts'

export type CompletingStore = Pick<ObjectStore, 'listParts' | 'completeMultipart' | 'find'>

export interface CompletionDependencies {
  readonly sql: Sql
  readonly store: CompletingStore
}

/** After that long somebody else finishes what a crash has left. */
const completionMs = minuteMs

/** Makes an object of the parts that are there, outside of any transaction; every step may be taken again. */
export function createUploadCompletion({ sql, store }: CompletionDependencies) {
  /** On to the scan; where the bucket's own message came first, it is there already. */
  const handOver = async (
    session: UploadSession,
    object: Pick<PresentObject, 'etag' | 'version_id'>,
    at: Date,
  ) => {
    await beginScan(sql, session, object, at)
    if (session.multipart_id) await forgetMultipart(sql, session.id)
  }

  /** Completed before, though the answer got lost; or else thrown away. */
  const handOverFound = async (session: UploadSession, at: Date) => {
    const object = await store.find(session.object_key)
    if (object) await handOver(session, object, at)
    return object !== undefined
  }

  const join = async (session: UploadSession, parts: readonly StoredPart[], now: Date) => {
    if (!(await markCompleting(sql, session.id, { now, looks_at: later(now, completionMs) }))) return
    const object = await store.completeMultipart(session.object_key, session.multipart_id!, parts)
    if (object) await handOver(session, object, now)
    else await handOverFound(session, now)
  }

  return {
    handOverFound,

    /** Of a session that is open. Throws where parts are missing, or are not those that the client means. */
    async complete(session: UploadSession, { parts: named }: CompleteUpload, now: Date): Promise<void> {
      const stored = session.multipart_id && (await store.listParts(session.object_key, session.multipart_id))
      if (!stored) {
        if (await handOverFound(session, now)) return
        if (session.mode === 'single') throw incomplete([1])
        throw new AppError('upload_over', 'Its parts are not there any more')
      }
      requireWhole(session, stored)
      requireNamed(stored, named)
      await join(session, stored, now)
    },

    /** Of one that was found whole before and then left; false where it is not whole any more. */
    async resume(session: UploadSession, now: Date): Promise<boolean> {
      const stored = session.multipart_id && (await store.listParts(session.object_key, session.multipart_id))
      if (!stored || sizeOf(stored) !== session.size_bytes) return false
      await join(session, stored, now)
      return true
    },
  }
}

/** Of all parts together; what each may hold its address has settled, so more than was declared is no accident. */
function requireWhole(session: UploadSession, stored: readonly StoredPart[]): void {
  if (sizeOf(stored) > session.size_bytes) {
    throw new AppError('payload_too_large', `There are more than ${session.size_bytes} bytes`)
  }
  const sizes = new Map(stored.map(({ part_number, size_bytes }) => [part_number, size_bytes]))
  const missing = partNumbers(session).filter((number) => sizes.get(number) !== sizeOfPart(session, number))
  if (missing.length > 0) throw incomplete(missing)
}

function requireNamed(stored: readonly StoredPart[], named: CompleteUpload['parts']): void {
  const tags = new Map(named.map(({ part_number, etag }) => [part_number, etag]))
  const unnamed = stored.filter(({ part_number }) => !tags.has(part_number))
  if (unnamed.length > 0) throw incomplete(unnamed.map(({ part_number }) => part_number))
  const there = new Map(stored.map(({ part_number, etag }) => [part_number, etag]))
  const changed = named.filter(({ part_number, etag }) => there.get(part_number) !== etag)
  if (changed.length === 0) return
  const part_numbers = changed.map(({ part_number }) => part_number)
  throw new AppError('upload_part_changed', undefined, { extensions: { part_numbers } })
}

const sizeOf = (parts: readonly StoredPart[]) => parts.reduce((sum, { size_bytes }) => sum + size_bytes, 0)

const incomplete = (missing_parts: readonly number[]) =>
  new AppError('upload_incomplete', undefined, { extensions: { missing_parts } })
