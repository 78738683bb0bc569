import * as z from 'zod/mini'
import type { Db } from '../../db/client.ts'
import { timestamp } from '../../http/route.ts'
import { definePublicEvent } from '../define.ts'
import { exampleLicense, licenseData, tellBoth } from './license-data.ts'

/** From where it was fetched is told to nobody. */
const download = z.object({ id: z.uuid(), granted_at: timestamp, expires_at: timestamp })
type Download = z.output<typeof download>

async function findDownload(db: Db, id: string): Promise<Download | undefined> {
  const [row] = await db<[Download?]>`
    select id, granted_at, expires_at from license_downloads where id = ${id}
  `
  return row
}

const downloadGranted = definePublicEvent({
  type: 'download.granted',
  version: '2026-12-01',
  description: 'A download of the files of a licence was counted. To its buyer and its seller.',
  resource: 'license',
  data: z.extend(licenseData, { download }),
  example: {
    role: 'seller',
    license: { ...exampleLicense, serial: null, downloads_used: 1 },
    download: {
      id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f910a',
      granted_at: '2026-12-01T10:00:00.000Z',
      expires_at: '2026-12-01T10:15:00.000Z',
    },
  },
  build: async (db, { license_id, download_id }) => {
    const found = await findDownload(db, download_id)
    if (!found) return []
    const tellings = await tellBoth(db, license_id)
    return tellings.map(({ account_id, data }) => ({ account_id, data: { ...data, download: found } }))
  },
})

export const downloadEvents = [downloadGranted] as const
