import { randomUUID } from 'node:crypto'
import type * as z from 'zod/mini'
import type { Actor } from '../../lib/auth/actor.ts'
import type { Sql } from '../../lib/db/client.ts'
import { createTrack } from '../../lib/tracks/schemas.ts'
import { createTrackService } from '../../lib/tracks/service.ts'
import { requestUpload } from '../../lib/uploads/schemas.ts'
import { createUploadService } from '../../lib/uploads/service.ts'
import { justSignedIn } from './api.ts'
import { createMemoryStorage } from './memory-storage.ts'

/** A user who may sign in, and the actor that the authorizer makes of them. */
export async function seedActor(
  sql: Sql,
  name = `u_${randomUUID().slice(0, 8)}`,
): Promise<Actor & { username: string }> {
  const [user] = await sql<[{ id: string }]>`
    insert into users (username, display_name, email, email_verified_at, password_hash)
    values (${name}, ${`${name} of Veza`}, ${`${name}@example.test`}, now(), '-')
    returning id
  `
  return {
    id: user.id,
    username: name,
    session_id: randomUUID(),
    role: 'user',
    token_version: 1,
    ...justSignedIn(),
  }
}

/** A bucket for uploads and one for clean media. */
export function createBuckets() {
  const { uploads, media } = createMemoryStorage('uploads', 'media')
  return { uploads: uploads!, media: media! }
}

type Buckets = ReturnType<typeof createBuckets>

export interface SeedOptions {
  readonly file: Buffer
  readonly content_type?: string
  readonly filename?: string
  readonly sha256?: string
  readonly fields?: Readonly<Record<string, unknown>>
}

/** A track whose file was just put where it was granted; `event` is the bucket's message about it. */
export async function seedUpload(sql: Sql, { uploads }: Buckets, actor: Actor, options: SeedOptions) {
  const { file, content_type = 'audio/wav', filename = 'low-tide.wav', sha256, fields } = options
  const body = createTrack.parse({
    title: 'Low Tide',
    visibility: 'public',
    rights_confirmed: true,
    ...fields,
  })
  const track = await createTrackService({ sql }).create(actor, body, '192.0.2.7')
  const request = { filename, content_type: content_type as 'audio/wav', size_bytes: file.length, sha256 }
  const upload = await grantUpload(sql, uploads, actor, track.id, request)
  return { ...upload, track_id: track.id, event: uploads.arrive(upload.key, file) }
}

export async function grantUpload(
  sql: Sql,
  store: Buckets['uploads'],
  actor: Actor,
  trackId: string,
  request: z.input<typeof requestUpload>,
) {
  const { upload_id } = await createUploadService({ sql, store }).grant(
    actor,
    trackId,
    requestUpload.parse(request),
    '192.0.2.7',
  )
  return { upload_id, key: `uploads/${trackId}/${upload_id}` }
}

/** Where a track and its upload stand. */
export async function statesOf(sql: Sql, { track_id, upload_id }: { track_id: string; upload_id: string }) {
  const [states] = await sql<[{ track: string; upload: string; reason: string | null; timeline: string[] }]>`
    select t.status as track, u.status as upload, u.status_reason as reason,
      array(select e.status from upload_events e where e.upload_id = u.id order by e.id) as timeline
    from uploads u
    join tracks t on t.id = u.track_id
    where u.id = ${upload_id} and t.id = ${track_id}
  `
  return states
}
