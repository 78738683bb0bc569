import { randomBytes } from 'node:crypto'
import type { Db } from '../../db/client.ts'
import { secretPrefix } from './secret.ts'

const secretBytes = 32

/** As Standard Webhooks writes them. */
export const makeSecret = (): string => secretPrefix + randomBytes(secretBytes).toString('base64')

/** All that sign at this time, sealed: the present one, then old ones, the newest first. */
export async function listSigningSecrets(db: Db, endpointId: string, now: Date): Promise<string[]> {
  const rows = await db<{ sealed_secret: string }[]>`
    select sealed_secret
    from (
      select sealed_secret, 0 as age, id from webhook_endpoints where id = ${endpointId}
      union all
      select sealed_secret, 1 as age, id from webhook_old_secrets
      where endpoint_id = ${endpointId} and expires_at > ${now}
    ) secrets
    order by age, id desc
  `
  return rows.map(({ sealed_secret }) => sealed_secret)
}
