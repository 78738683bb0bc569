import type { ReadPage } from '../exports/personal-data.ts'

type Rows = Awaited<ReturnType<ReadPage>>[number][]

const readImageUploads: ReadPage = (db, { user_id, after, limit }) => db<Rows>`
  select
    id, kind, subject_id, version_id, filename, content_type, size_bytes, sha256, image_sha256, status, status_reason,
    created_at, updated_at
  from image_uploads
  where created_by = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

/** What somebody has sent to become a picture. */
export const imageData: Readonly<Record<string, ReadPage>> = { 'image-uploads.json': readImageUploads }
