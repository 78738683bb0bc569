import type { Db, Fragment } from '../db/client.ts'
import type { DeliveredFile } from '../products/terms.ts'
import { artistOf } from '../tracks/artist.ts'
import { requestMp3s } from './mp3-requests.ts'

/** What is delivered with a licence, fixed when it is issued. */
export interface LicensedFile {
  readonly track_id: string
  readonly title: string
  readonly artist: string
  readonly version_id: string
  readonly version_number: number
  readonly format: DeliveredFile
  /** Null for an MP3 that is still to be made. */
  readonly sha256: string | null
  /** Of the recording as it was uploaded, whatever is delivered of it. */
  readonly master_sha256: string
}

export interface LicensedItem {
  /** Null where the product is no single track. */
  readonly track_id: string | null
  /** What was in the pack when it was ordered, in its order. */
  readonly track_ids: readonly string[]
  readonly formats: readonly DeliveredFile[]
}

/**
 * The versions that play now, or did until they were withdrawn, of the track or of all that was in the pack, in the formats of the terms. They are kept
 * from being given up until the transaction is through.
 */
export async function findFilesOf(db: Db, item: LicensedItem): Promise<readonly LicensedFile[]> {
  const { track_id, track_ids, formats } = item
  await holdTracks(db, item)
  return db<LicensedFile[]>`
    select
      t.id as track_id, t.title, ${artistOf(db)} as artist, v.id as version_id, v.number as version_number, d.format,
      case when d.format = 'mp3' and v.container is distinct from 'mp3' then m.sha256 else v.sha256 end as sha256,
      v.sha256 as master_sha256
    from (
      select ${track_id}::uuid as track_id, 0 as position, format, ordinality
      from unnest(${formats}::text[]) with ordinality as f (format, ordinality) where format <> 'stems'
      union all
      select p.track_id, p.position, f.format, f.ordinality
      from unnest(${track_ids}::uuid[]) with ordinality as p (track_id, position),
        unnest(${formats}::text[]) with ordinality as f (format, ordinality)
      where ${track_id}::uuid is null or f.format = 'stems'
    ) d
    join tracks t on t.id = d.track_id
    join users o on o.id = t.owner_id
    join track_versions v on v.id = coalesce(t.current_version_id, ${withdrawnOf(db)})
    left join version_mp3s m on m.version_id = v.id and m.made_at is not null
    order by d.position, t.id, d.ordinality
    for share of v
  `
}

/** What was withdrawn while it played may come back, and is then what somebody has paid for meanwhile. */
const withdrawnOf = (db: Db): Fragment => db`(
  select w.id from track_versions w
  where w.track_id = t.id and w.withdrawn_at is not null and w.was_current and w.removed_at is null
  order by w.withdrawn_at desc
  limit 1
)`

/** Neither is taken away by a purge that begins meanwhile. */
const holdTracks = (db: Db, { track_id, track_ids }: LicensedItem) => db`
  select from tracks
  where id = ${track_id}::uuid or id = any(${track_ids}::uuid[])
  order by id
  for key share
`

/** Fixes them for the licence, and has the MP3s made that are not there yet. */
export async function pinFiles(
  tx: Db,
  licenseId: string,
  files: readonly LicensedFile[],
  now: Date,
): Promise<void> {
  if (files.length === 0) return
  const rows = files.map(({ version_number, master_sha256, ...file }, position) => ({
    ...file,
    license_id: licenseId,
    position,
  }))
  await tx`insert into license_files ${tx(rows)}`
  const unmade = files.filter(({ sha256 }) => sha256 === null)
  await requestMp3s(
    tx,
    unmade.map(({ version_id }) => version_id),
    now,
  )
}

/** Has the MP3s of a product's tracks made that its tiers promise: when it is published, so that buyers need not wait. */
export async function prepareFilesOf(tx: Db, productId: string, now: Date): Promise<void> {
  const rows = await tx<{ version_id: string }[]>`
    select distinct t.current_version_id as version_id
    from products p
    join tracks t on t.id = p.track_id
      or p.track_id is null and t.id in (select c.track_id from product_tracks c where c.product_id = p.id)
    where p.id = ${productId} and t.current_version_id is not null
      and exists (
        select from product_tiers r
        where r.product_id = p.id and r.removed_at is null and r.license->'files' ? 'mp3'
      )
  `
  await requestMp3s(
    tx,
    rows.map(({ version_id }) => version_id),
    now,
  )
}
