import type { Db, Fragment } from '../../db/client.ts'
import type { WithdrawnVersion } from './withdrawn-schemas.ts'

const columns = (db: Db): Fragment => db`
  v.id, json_build_object('id', t.id, 'title', t.title) as track,
  json_build_object('id', o.id, 'username', o.username) as owner,
  v.number, u.filename, v.size_bytes, v.sha256, v.found_signature, v.definitions_version, v.withdrawn_at,
  v.scanned_at, v.reinstate_asked_by is not null as is_reinstatement_asked
`

const tables = (db: Db): Fragment => db`
  track_versions v
  join tracks t on t.id = v.track_id
  join users o on o.id = t.owner_id
  join uploads u on u.id = v.upload_id
`

/** The newest versions first, whenever something was found in them. */
export function listWithdrawn(
  db: Db,
  { before, limit }: { readonly before: string | undefined; readonly limit: number },
): PromiseLike<WithdrawnVersion[]> {
  return db<WithdrawnVersion[]>`
    select ${columns(db)}
    from ${tables(db)}
    where v.withdrawn_at is not null and v.found_signature is not null
      ${before === undefined ? db`` : db`and v.id < ${before}`}
    order by v.id desc
    limit ${limit}
  `
}

export async function findWithdrawn(db: Db, versionId: string): Promise<WithdrawnVersion | undefined> {
  const [row] = await db<[WithdrawnVersion?]>`
    select ${columns(db)}
    from ${tables(db)}
    where v.id = ${versionId} and v.withdrawn_at is not null
  `
  return row
}

export interface Case {
  readonly owner_id: string
  readonly uploaded_by: string
  readonly is_withdrawn: boolean
  readonly is_removed: boolean
  readonly is_asked: boolean
}

/** Locks the version: two who ask for the same thing ask once. */
export async function lockCase(db: Db, versionId: string): Promise<Case | undefined> {
  const [row] = await db<[Case?]>`
    select
      t.owner_id, u.created_by as uploaded_by, v.withdrawn_at is not null as is_withdrawn,
      v.removed_at is not null as is_removed, v.reinstate_asked_by is not null as is_asked
    from track_versions v
    join tracks t on t.id = v.track_id
    join uploads u on u.id = v.upload_id
    where v.id = ${versionId}
    for no key update of v
  `
  return row
}

/** The next run of the sweep takes it first. */
export async function markAsked(db: Db, versionId: string, moderatorId: string): Promise<void> {
  await db`
    update track_versions
    set reinstate_asked_by = ${moderatorId}, rescan_asked_at = null
    where id = ${versionId}
  `
}
