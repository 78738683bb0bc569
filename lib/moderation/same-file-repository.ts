import type { Db, Fragment } from '../db/client.ts'
import { isKept } from '../uploads/duplicates.ts'

/** As many as a moderator needs to see. */
const most = 10

/** Tracks `ot` of others, whose versions `d` have the file of the version `v` of the track `t`. */
const tracksOfOthers = (db: Db): Fragment => db`
  track_versions d
  join tracks ot on ot.id = d.track_id
  where d.sha256 = v.sha256 and ${isKept(db)} and ot.owner_id <> t.owner_id and ot.deleted_at is null
`

/** The version that came of an upload, if somebody else has its file. */
export async function hasOthersFile(db: Db, uploadId: string): Promise<string | undefined> {
  const [row] = await db<[{ id: string }?]>`
    select v.id
    from track_versions v
    join tracks t on t.id = v.track_id
    where v.upload_id = ${uploadId} and exists (select from ${tracksOfOthers(db)})
  `
  return row?.id
}

export interface SharedFile {
  readonly track_id: string
  /** Whose it is. */
  readonly user_id: string
  readonly excerpt: string
  readonly sha256: string
  /** Tracks of others that have it, the first ones first. */
  readonly others: readonly string[]
}

export async function findOthersFile(db: Db, versionId: string): Promise<SharedFile | undefined> {
  const [row] = await db<[SharedFile?]>`
    select
      t.id as track_id, t.owner_id as user_id, v.sha256,
      concat_ws(E'\n', t.title, nullif(t.description, '')) as excerpt,
      array(select ot.id from ${tracksOfOthers(db)} group by ot.id order by ot.id limit ${most}) as others
    from track_versions v
    join tracks t on t.id = v.track_id
    where v.id = ${versionId} and t.deleted_at is null
  `
  return row && row.others.length > 0 ? row : undefined
}
