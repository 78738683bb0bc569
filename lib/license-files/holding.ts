import type { Db, Fragment } from '../db/client.ts'
import { dayMs, earlier } from '../time.ts'

/** How long after its last day a seller can still let a buyer download again. */
const reopenMs = 90 * dayMs

/** Whether somebody may still download a version that they have a licence of; `v` is the version. */
export const isHeld = (db: Db, now: Date): Fragment => db`
  exists (
    select from license_files f join licenses l on l.id = f.license_id
    where f.version_id = v.id and l.status <> 'revoked' and l.downloads_until > ${earlier(now, reopenMs)}
  )
`

/** Whether a licence names a version, which then stays on record for good; `v` is the version. */
export const isLicensed = (db: Db): Fragment => db`
  (
    exists (select from license_files f where f.version_id = v.id)
    or exists (select from licenses l where l.version_id = v.id)
  )
`
