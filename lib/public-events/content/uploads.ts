import * as z from 'zod/mini'
import type { Db } from '../../db/client.ts'
import { explainStatus } from '../../media/reasons.ts'
import { upload as uploadView } from '../../uploads/schemas.ts'
import { definePublicEvent } from '../define.ts'
import { exampleTrack, findTrack, listTeam, track } from './track-data.ts'

const file = {
  id: true,
  filename: true,
  content_type: true,
  size_bytes: true,
  status_reason: true,
  created_at: true,
  updated_at: true,
} as const

const rejected = z.pick(uploadView, { ...file, label: true, status_detail: true })
type Rejected = z.output<typeof rejected>

const exampleFile = {
  id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9b03',
  filename: 'low-tide.wav',
  content_type: 'audio/wav',
  size_bytes: 31_752_044,
  created_at: '2026-12-01T09:00:00.000Z',
  updated_at: '2026-12-01T09:01:00.000Z',
} as const

const trackRejected = definePublicEvent({
  type: 'track.rejected',
  version: '2026-12-01',
  description:
    'A file for a track was not taken, or something was found in it later on; `status_reason` says why. The track goes on playing what it plays, unless that was the file. Nobody is told once it was let in again. To the owner and the editors of the track.',
  resource: 'track',
  data: z.object({ track, upload: rejected }),
  example: {
    track: { ...exampleTrack, status: 'rejected', status_reason: 'truncated' },
    upload: {
      ...exampleFile,
      label: null,
      status_reason: 'truncated',
      status_detail: 'The file ends too early. It was probably not exported or copied completely.',
    },
  },
  build: async (db, { track_id, upload_id }) => {
    const found = await findTrack(db, track_id)
    const upload = found && (await findRejected(db, upload_id))
    if (!upload) return []
    const accounts = await listTeam(db, track_id, { onlyEditors: true })
    return accounts.map((account_id) => ({ account_id, data: { track: found, upload } }))
  },
})

async function findRejected(db: Db, uploadId: string): Promise<Rejected | undefined> {
  const [row] = await db<[(Omit<Rejected, 'status_detail'> & { readonly status: string })?]>`
    select id, filename, content_type, size_bytes, label, status, status_reason, created_at, updated_at
    from uploads
    where id = ${uploadId} and status = 'rejected'
  `
  return row && { ...row, status_detail: explainStatus(row).status_detail }
}

const infected = z.extend(z.pick(uploadView, file), {
  kind: z.enum(['track', 'avatar', 'artwork', 'cover']),
  /** The track, the user or the playlist that it was for. */
  subject_id: z.uuid(),
})
type Infected = z.output<typeof infected>

const uploadInfected = definePublicEvent({
  type: 'upload.infected',
  version: '2026-12-01',
  description:
    'Something harmful was found in a file: in the quarantine, or later on in one that had been let in. Nobody is told once it was let in again. To whoever uploaded it; of a file for a track to its owner and editors too.',
  resource: 'upload',
  data: z.object({ upload: infected }),
  example: {
    upload: {
      ...exampleFile,
      status_reason: 'infected',
      kind: 'track',
      subject_id: exampleTrack.id,
    },
  },
  build: async (db, { upload_id }) => {
    const found = await findInfected(db, upload_id)
    if (!found) return []
    const { created_by, ...upload } = found
    const team = upload.kind === 'track' ? await listTeam(db, upload.subject_id, { onlyEditors: true }) : []
    return [...new Set([created_by, ...team])].map((account_id) => ({ account_id, data: { upload } }))
  },
})

async function findInfected(db: Db, uploadId: string) {
  const [row] = await db<[(Infected & { readonly created_by: string })?]>`
    select
      id, 'track' as kind, track_id as subject_id, filename, content_type, size_bytes, status_reason, created_by,
      created_at, updated_at
    from uploads
    where id = ${uploadId} and status_reason = 'infected'
    union all
    select
      id, kind, subject_id, filename, content_type, size_bytes, status_reason, created_by, created_at, updated_at
    from image_uploads
    where id = ${uploadId} and status_reason = 'infected'
  `
  return row
}

export const uploadEvents = [trackRejected, uploadInfected] as const
