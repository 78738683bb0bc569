import { createHash } from 'node:crypto'
import { type Handlers, Reply } from '../../lib/http/route.ts'
import { renderCertificate } from '../../lib/licenses/certificate-pdf.ts'
import type { KeySet } from '../../lib/licenses/key-set.ts'
import type { LicenseService } from '../../lib/licenses/service.ts'
import { replyShown } from '../row-reply.ts'
import type { licenseRoutes } from './license-routes.ts'
import { replyDocument } from './pdf-reply.ts'

export interface LicenseHandlerDependencies {
  readonly licenses: LicenseService
  readonly readKeys: KeySet
}

/** None ever goes; whoever meets one that is not among them asks again. */
const keysHeaders = { 'cache-control': 'public, max-age=300' }

export function createLicenseHandlers({
  licenses,
  readKeys,
}: LicenseHandlerDependencies): Handlers<typeof licenseRoutes> {
  return {
    listLicenses: ({ actor, query }) => licenses.list(actor, query),
    getLicense: async ({ actor, params }) => replyShown(await licenses.get(actor, params.license_id)),
    getCertificate: async ({ actor, params, headers }) => {
      const certificate = await licenses.getCertificate(actor, params.license_id)
      const { serial, jws, document } = certificate
      return replyDocument(headers, {
        name: `licence-${serial}`,
        revision: certificate.revision,
        json: { jws, document },
        render: () => renderCertificate(certificate),
      })
    },
    verifyLicense: ({ params, ip }) => licenses.verify(params.serial, ip),
    getLicenseKeys: async () => {
      const keys = await readKeys()
      const digest = createHash('sha256').update(JSON.stringify(keys)).digest('base64url')
      return new Reply(keys, { headers: keysHeaders, etag: `"${digest}"` })
    },
  }
}
