import type { Actor } from '../auth/actor.ts'
import type { Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { pageById } from '../http/id-page.ts'
import type { PageQuery } from '../http/route.ts'
import { findCertificate, findLicense, listLicenses, verifyLicense } from './repository.ts'
import { parseSerial } from './serial.ts'

export interface LicenseDependencies {
  readonly sql: Sql
  readonly now?: () => Date
}

export type LicenseService = ReturnType<typeof createLicenseService>

/** Licences for those who have bought them, and whether one holds for everybody who has its serial. */
export function createLicenseService({ sql, now = () => new Date() }: LicenseDependencies) {
  return {
    list: ({ id: buyer_id }: Pick<Actor, 'id'>, query: PageQuery) =>
      pageById(`licenses:${buyer_id}`, query, (before, limit) =>
        listLicenses(sql, { buyer_id, before, limit }),
      ),

    async get(actor: Pick<Actor, 'id'>, id: string) {
      const license = await findLicense(sql, id, actor.id)
      if (!license) throw new AppError('not_found')
      return license
    },

    async getCertificate(actor: Pick<Actor, 'id'>, id: string) {
      const certificate = await findCertificate(sql, id, actor.id)
      if (!certificate) throw new AppError('not_found')
      return certificate
    },

    /** What is no serial, and one that was never given, are the same. */
    async verify(typed: string, ip: string) {
      const serial = parseSerial(typed)
      const seen = serial && (await verifyLicense(sql, { serial, ip, now: now() }))
      if (!seen) throw new AppError('not_found')
      return seen
    },
  }
}
