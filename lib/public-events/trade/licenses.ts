import type { Db } from '../../db/client.ts'
import { definePublicEvent } from '../define.ts'
import { exampleLicense, licenseData, tellBoth } from './license-data.ts'

const shared = {
  version: '2026-12-01',
  resource: 'license',
  data: licenseData,
  build: (db: Db, { license_id }: { readonly license_id: string }) => tellBoth(db, license_id),
} as const

const licenseIssued = definePublicEvent({
  ...shared,
  type: 'license.issued',
  description: 'A licence was issued. To its buyer and its seller.',
  example: { role: 'buyer', license: exampleLicense },
})

const licenseRevoked = definePublicEvent({
  ...shared,
  type: 'license.revoked',
  description:
    'A licence has ended, by a refund or a lost dispute (`status_reason`). To its buyer and its seller.',
  example: {
    role: 'buyer',
    license: { ...exampleLicense, status: 'revoked', status_reason: 'refund' },
  },
})

const licenseFrozen = definePublicEvent({
  ...shared,
  type: 'license.frozen',
  description: 'A licence rests for as long as its order is in dispute. To its buyer and its seller.',
  example: {
    role: 'buyer',
    license: { ...exampleLicense, status: 'frozen', status_reason: 'dispute' },
  },
})

const licenseRestored = definePublicEvent({
  ...shared,
  type: 'license.restored',
  description: 'A licence that was frozen is valid again. To its buyer and its seller.',
  example: { role: 'buyer', license: exampleLicense },
})

const licenseLimitNear = definePublicEvent({
  ...shared,
  type: 'license.limit_near',
  description:
    'With a download that was counted, a fifth of what a licence allows or less is left; told once of a licence. To its buyer, and to its seller, who can allow more.',
  example: { role: 'buyer', license: { ...exampleLicense, downloads_used: 8 } },
})

export const licenseEvents = [
  licenseIssued,
  licenseRevoked,
  licenseFrozen,
  licenseRestored,
  licenseLimitNear,
] as const
