import type { ObjectStore } from '../aws/object-store.ts'
import { AppError } from '../errors.ts'
import { later } from '../time.ts'
import { countParts, partNumbers, sizeOfPart } from './parts.ts'
import type { SignParts, TrackUploadGrant } from './schemas.ts'
import type { UploadSession } from './sessions-repository.ts'

const urlSeconds = 15 * 60

/** As many as a browser opens to one host. */
const parallelism = 6

type SigningStore = Pick<ObjectStore, 'presignPut' | 'presignPart'>

export const urlExpiry = (now: Date) => later(now, urlSeconds * 1_000)

export function createUploadSigner({ store }: { readonly store: SigningStore }) {
  const signWhole = ({ object_key, content_type, size_bytes, sha256 }: UploadSession) =>
    store.presignPut(object_key, {
      content_type,
      size_bytes,
      ...(sha256 && { sha256 }),
      expires_in_seconds: urlSeconds,
    })

  const signPart = async (session: UploadSession, part_number: number, sha256?: string) => {
    const size_bytes = sizeOfPart(session, part_number)
    const grant = { part_number, size_bytes, sha256, expires_in_seconds: urlSeconds }
    return { part_number, ...(await store.presignPart(session.object_key, session.multipart_id!, grant)) }
  }

  return {
    /** With addresses to begin with, unless each needs a checksum that is not told yet. */
    async grant(session: UploadSession, now: Date): Promise<TrackUploadGrant> {
      const { id: upload_id, expires_at, part_size } = session
      const url_expires_at = urlExpiry(now)
      const grant = { upload_id, method: 'PUT', parallelism, expires_at, url_expires_at } as const
      if (part_size === null) return { ...grant, mode: 'single', ...(await signWhole(session)) }
      const first = session.verifies_parts ? [] : partNumbers(session).slice(0, parallelism)
      const parts = await Promise.all(first.map((number) => signPart(session, number)))
      return { ...grant, mode: 'multipart', headers: {}, part_size, part_count: countParts(session), parts }
    },

    async sign(session: UploadSession, { part_numbers, sha256 }: SignParts, now: Date) {
      requireParts(session, part_numbers)
      requireChecksums(session, sha256)
      const parts = await Promise.all(
        part_numbers.map(async (part_number, index) =>
          session.mode === 'single'
            ? { part_number, ...(await signWhole(session)) }
            : signPart(session, part_number, sha256?.[index]),
        ),
      )
      return { method: 'PUT', parts, url_expires_at: urlExpiry(now) } as const
    },
  }
}

function requireParts(session: UploadSession, numbers: readonly number[]): void {
  const count = countParts(session)
  const errors = numbers.flatMap((number, index) =>
    number <= count
      ? []
      : [{ pointer: `#/body/part_numbers/${index}`, code: 'too_big', detail: `There are ${count} parts` }],
  )
  if (errors.length > 0) throw new AppError('validation_failed', undefined, { errors })
}

/** The store takes no part with a checksum in an upload without, and none without in one with. */
function requireChecksums({ verifies_parts }: UploadSession, sha256: readonly string[] | undefined): void {
  if (verifies_parts === (sha256 !== undefined)) return
  const detail = verifies_parts
    ? 'Each part of this upload is asked for with its SHA-256'
    : 'The upload was begun without'
  const code = verifies_parts ? 'required' : 'invalid'
  throw new AppError('validation_failed', undefined, { errors: [{ pointer: '#/body/sha256', code, detail }] })
}
