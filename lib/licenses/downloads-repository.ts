import type { Db, Fragment } from '../db/client.ts'
import { fileStatus, fileTables, isOriginal } from '../license-files/states.ts'
import type { FileStatus } from './downloads-schemas.ts'

export interface GrantRequest {
  readonly license_id: string
  readonly buyer_id: string
  /** All of them unless one is named. */
  readonly file_id: string | undefined
  readonly now: Date
  /** Of a grant that begins now. */
  readonly expires_at: Date
  readonly ip: string
  readonly user_agent: string
}

export interface Grant {
  readonly remaining: number
  readonly grant_expires_at: Date
  /** Of the row that was written; null where it goes on from an earlier call. */
  readonly download_id: string | null
  /** Whether with this one, the first time, few are left. */
  readonly is_limit_near: boolean
}

/**
 * Grants a download, or goes on with the one that is under way, and writes a new one down. All that entitles to it is
 * asked in the statement that counts it: however many come at once, no more are granted than are allowed.
 */
export async function grantDownload(db: Db, request: GrantRequest): Promise<Grant | undefined> {
  const { license_id, buyer_id, file_id, now, expires_at, ip, user_agent } = request
  const isUnderWay = db`l.grant_expires_at > ${now}`
  const [grant] = await db<[Grant?]>`
    with granted as (
      update licenses l
      set
        downloads_used = l.downloads_used + case when ${isUnderWay} then 0 else 1 end,
        grant_expires_at = case when ${isUnderWay} then l.grant_expires_at else ${expires_at} end,
        limit_near_at = case
          when (${isUnderWay}) is not true and ${isNearLimit(db)} then coalesce(l.limit_near_at, ${now}) else l.limit_near_at
        end
      where l.id = ${license_id} and l.buyer_id = ${buyer_id} and l.status = 'active'
        and (${isUnderWay} or l.downloads_used < l.downloads_allowed and l.downloads_until > ${now})
        and exists (
          select from ${fileTables(db)}
          where f.license_id = l.id and ${isNamed(db, file_id)} and ${fileStatus(db)} = 'ready'
        )
      returning
        l.id, l.buyer_id, l.downloads_allowed - l.downloads_used as remaining, l.grant_expires_at,
        new.downloads_used > old.downloads_used as is_new,
        old.limit_near_at is null and new.limit_near_at is not null as is_limit_near
    ), noted as (
      insert into license_downloads (license_id, buyer_id, granted_at, expires_at, ip, user_agent)
      select id, buyer_id, ${now}, grant_expires_at, ${ip || null}, ${user_agent} from granted where is_new
      returning id
    )
    select remaining, grant_expires_at, (select id from noted) as download_id, is_limit_near from granted
  `
  return grant
}

/** Whether one more download leaves a fifth of what is allowed, or less. Of a licence `l`. */
const isNearLimit = (db: Db): Fragment =>
  db`((l.downloads_allowed - l.downloads_used - 1) * 5 <= l.downloads_allowed)`

const isNamed = (db: Db, fileId: string | undefined): Fragment =>
  fileId === undefined ? db`true` : db`f.id = ${fileId}`

export interface Entitlement {
  readonly status: 'active' | 'frozen' | 'revoked'
  readonly is_used_up: boolean
  readonly is_over: boolean
}

export async function findEntitlement(
  db: Db,
  licenseId: string,
  buyerId: string,
  now: Date,
): Promise<Entitlement | undefined> {
  const [row] = await db<[Entitlement?]>`
    select status, downloads_used >= downloads_allowed as is_used_up, downloads_until <= ${now} as is_over
    from licenses where id = ${licenseId} and buyer_id = ${buyerId}
  `
  return row
}

export interface DeliveredFile {
  readonly id: string
  readonly format: string
  readonly title: string
  readonly artist: string
  readonly status: FileStatus
  readonly object_key: string | null
  readonly container: string | null
  readonly codec: string | null
  readonly size_bytes: number | null
  readonly sha256: string | null
}

export async function listFiles(db: Db, licenseId: string): Promise<DeliveredFile[]> {
  return db<DeliveredFile[]>`
    select
      f.id, f.format, f.title, f.artist, ${fileStatus(db)} as status, f.sha256,
      case when ${isOriginal(db)} then v.object_key else m.object_key end as object_key,
      case when ${isOriginal(db)} then v.container else 'mp3' end as container,
      case when ${isOriginal(db)} then v.codec else 'MP3' end as codec,
      case when ${isOriginal(db)} then v.size_bytes else m.size_bytes end as size_bytes
    from ${fileTables(db)}
    where f.license_id = ${licenseId}
    order by f.position
  `
}

export interface Allowance {
  readonly downloads_allowed: number
  readonly downloads_used: number
  readonly downloads_until: Date
}

export interface Reopening {
  readonly license_id: string
  readonly seller_id: string
  readonly downloads: number
  /** The last day moves there, unless it is later already. */
  readonly until: Date
}

/** Undefined where it is none of the seller's, is not active, or there is nothing left that could be fetched. */
export async function allowDownloads(
  db: Db,
  { license_id, seller_id, downloads, until }: Reopening,
): Promise<(Allowance & { readonly buyer_id: string }) | undefined> {
  const [row] = await db<[(Allowance & { readonly buyer_id: string })?]>`
    update licenses l
    set
      downloads_allowed = l.downloads_allowed + ${downloads},
      downloads_until = greatest(l.downloads_until, ${until}),
      revision = l.revision + 1
    where l.id = ${license_id} and l.seller_id = ${seller_id} and l.status = 'active'
      and exists (
        select from ${fileTables(db)} where f.license_id = l.id and ${fileStatus(db)} in ('ready', 'pending')
      )
    returning l.buyer_id, l.downloads_allowed, l.downloads_used, l.downloads_until
  `
  return row
}

export async function findSold(db: Db, licenseId: string, sellerId: string) {
  const [row] = await db<[{ status: Entitlement['status'] }?]>`
    select status from licenses where id = ${licenseId} and seller_id = ${sellerId}
  `
  return row
}

export async function isPartyTo(db: Db, licenseId: string, userId: string): Promise<boolean> {
  const rows = await db`
    select from licenses where id = ${licenseId} and ${userId}::uuid in (buyer_id, seller_id)
  `
  return rows.length > 0
}

export interface DownloadRow {
  readonly id: string
  readonly granted_at: Date
  readonly expires_at: Date
  readonly ip: string | null
  readonly user_agent: string | null
}

export interface DownloadFilter {
  readonly license_id: string
  readonly viewer_id: string
  /** Only what is older than this one. */
  readonly before: string | undefined
  readonly limit: number
}

/** Newest first. From where, only whoever it was is shown. */
export async function listDownloads(db: Db, filter: DownloadFilter): Promise<DownloadRow[]> {
  const { license_id, viewer_id, before, limit } = filter
  return db<DownloadRow[]>`
    select
      id, granted_at, expires_at,
      case when buyer_id = ${viewer_id} then host(ip) end as ip,
      case when buyer_id = ${viewer_id} then user_agent end as user_agent
    from license_downloads
    where license_id = ${license_id} ${before === undefined ? db`` : db`and id < ${before}`}
    order by id desc
    limit ${limit}
  `
}
