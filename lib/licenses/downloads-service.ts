import { longestUserAgent, type Origin, recordAudit } from '../audit/record.ts'
import type { Actor } from '../auth/actor.ts'
import type { Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { pageById } from '../http/id-page.ts'
import type { PageQuery } from '../http/route.ts'
import { audioFilename } from '../media/delivery/file-names.ts'
import type { MediaLinks } from '../media/delivery/media-links.ts'
import { addToOutbox, type OutboxRelay } from '../outbox.ts'
import { dayMs, hourMs, later, minuteMs } from '../time.ts'
import {
  allowDownloads,
  type DeliveredFile,
  findEntitlement,
  findSold,
  type GrantRequest,
  grantDownload,
  isPartyTo,
  listDownloads,
  listFiles,
} from './downloads-repository.ts'
import type { AllowDownloads, LicensedFileLink } from './downloads-schemas.ts'

export interface LicenseDownloadDependencies {
  readonly sql: Sql
  readonly media: Pick<MediaLinks, 'sign'>
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

export type LicenseDownloadService = ReturnType<typeof createLicenseDownloadService>

/** How long one download lasts: whoever asks again within it gets fresh links. */
const grantMs = 15 * minuteMs

/** A link outlives a slow line, at 50 kB a second; what takes longer is resumed by a fresh one. */
const slowestBytesPerMs = 50
const shortestLinkMs = 10 * minuteMs
const longestLinkMs = 3 * hourMs

/** Hands the files of licences out to their buyers, so often and so long as they were sold. */
export function createLicenseDownloadService(dependencies: LicenseDownloadDependencies) {
  const { sql, media, relay, now = () => new Date() } = dependencies

  async function refuse(actor: Pick<Actor, 'id'>, licenseId: string, fileId?: string): Promise<never> {
    const entitlement = await findEntitlement(sql, licenseId, actor.id, now())
    if (!entitlement) throw new AppError('not_found')
    const { status, is_used_up, is_over } = entitlement
    if (status === 'revoked') throw new AppError('license_revoked')
    if (status === 'frozen') throw new AppError('license_frozen')
    const files = await named(licenseId, fileId)
    if (is_over) throw new AppError('download_limit_reached', 'The time for downloads is over')
    if (is_used_up) throw new AppError('download_limit_reached')
    throw whyNoFile(files)
  }

  async function named(licenseId: string, fileId: string | undefined): Promise<readonly DeliveredFile[]> {
    const files = await listFiles(sql, licenseId)
    if (fileId === undefined) return files
    const file = files.find(({ id }) => id === fileId)
    if (!file) throw new AppError('not_found')
    return [file]
  }

  async function link(file: DeliveredFile, at: Date): Promise<LicensedFileLink> {
    const { id, format, status, size_bytes, sha256 } = file
    const name = audioFilename(file)
    const about = { id, name, format, status, size_bytes, sha256 }
    if (status !== 'ready') return { ...about, url: null, expires_at: null }
    const expires_at = wholeSeconds(later(at, linkMs(size_bytes!)))
    return { ...about, url: await media.sign(file.object_key!, { expires_at, filename: name }), expires_at }
  }

  /** What it comes to is told of in the transaction that counts it. */
  const count = (request: GrantRequest, requestId: string) =>
    sql.begin(async (tx) => {
      const granted = await grantDownload(tx, request)
      if (!granted) return undefined
      const { download_id, is_limit_near, ...grant } = granted
      if (download_id === null) return { ...grant, is_new: false }
      const { license_id } = request
      await addToOutbox(tx, 'download.granted', { license_id, download_id }, requestId)
      if (is_limit_near) await addToOutbox(tx, 'license.limit_near', { license_id }, requestId)
      return { ...grant, is_new: true }
    })

  return {
    /** A download that is under way goes on; otherwise one more is counted, unless there is nothing to fetch. */
    async issue(actor: Pick<Actor, 'id'>, licenseId: string, fileId: string | undefined, origin: Origin) {
      const at = now()
      const request = {
        license_id: licenseId,
        buyer_id: actor.id,
        file_id: fileId,
        now: at,
        expires_at: later(at, grantMs),
        ip: origin.ip,
        user_agent: origin.userAgent.slice(0, longestUserAgent),
      }
      const grant = await count(request, origin.requestId)
      if (!grant) return refuse(actor, licenseId, fileId)
      if (grant.is_new) await relay.flushSoon()
      const files = await Promise.all((await named(licenseId, fileId)).map((file) => link(file, at)))
      const first = files.find(({ url }) => url !== null)
      // It was withdrawn since the download was granted.
      if (!first) throw new AppError('version_withdrawn')
      return { ...grant, url: first.url!, expires_at: first.expires_at!, files }
    },

    /** Gives a buyer more downloads, or more time for them. */
    async allow(
      actor: Actor,
      licenseId: string,
      { downloads = 0, days = 0 }: AllowDownloads,
      origin: Origin,
    ) {
      const at = now()
      const allowed = await sql.begin(async (tx) => {
        const reopening = {
          license_id: licenseId,
          seller_id: actor.id,
          downloads,
          until: later(at, days * dayMs),
        }
        const row = await allowDownloads(tx, reopening)
        if (!row) return undefined
        const { buyer_id, ...allowance } = row
        await recordAudit(
          tx,
          {
            action: 'license.downloads_allowed',
            actor_id: actor.id,
            session_id: actor.session_id,
            user_id: buyer_id,
            target: `license:${licenseId}`,
            details: { downloads, days },
          },
          origin,
          at,
        )
        return allowance
      })
      if (allowed) return allowed
      const sold = await findSold(sql, licenseId, actor.id)
      if (!sold) throw new AppError('not_found')
      if (sold.status === 'revoked') throw new AppError('license_revoked')
      if (sold.status === 'frozen') throw new AppError('license_frozen')
      throw new AppError('conflict', 'There is no file left to be downloaded')
    },

    /** Of a licence that the actor has bought or sold. */
    async list(actor: Pick<Actor, 'id'>, licenseId: string, query: PageQuery) {
      if (!(await isPartyTo(sql, licenseId, actor.id))) throw new AppError('not_found')
      return pageById(`license-downloads:${licenseId}`, query, (before, limit) =>
        listDownloads(sql, { license_id: licenseId, viewer_id: actor.id, before, limit }),
      )
    },
  }
}

function whyNoFile(files: readonly DeliveredFile[]): AppError {
  const is = (status: DeliveredFile['status']) => files.some((file) => file.status === status)
  if (is('pending') || is('ready')) {
    return new AppError('files_not_ready', undefined, { headers: { 'retry-after': '30' } })
  }
  if (is('withdrawn')) return new AppError('version_withdrawn')
  return new AppError('conflict', 'There is no file to be downloaded')
}

const linkMs = (sizeBytes: number) =>
  Math.min(longestLinkMs, Math.max(shortestLinkMs, Math.ceil(sizeBytes / slowestBytesPerMs)))

/** Links know no smaller unit. */
const wholeSeconds = (date: Date) => new Date(Math.floor(date.getTime() / 1000) * 1000)
