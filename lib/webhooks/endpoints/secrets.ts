import { randomBytes } from 'node:crypto'
import * as z from 'zod/mini'
import type { Db } from '../../db/client.ts'

const prefix = 'whsec_'
const secretBytes = 32
const fewestBytes = 24
const mostBytes = 64

/** As Standard Webhooks writes them. */
export const makeSecret = (): string => prefix + randomBytes(secretBytes).toString('base64')

/** One of the client's own. */
export const secret = z.string().check(
  z.maxLength(200),
  z.refine(isSecret, {
    message: `It is ${prefix} and ${fewestBytes} to ${mostBytes} bytes in base64`,
    params: { code: 'invalid_format' },
  }),
)

function isSecret(text: string): boolean {
  const encoded = text.slice(prefix.length)
  const bytes = Buffer.from(encoded, 'base64')
  const isCanonical = text.startsWith(prefix) && bytes.toString('base64') === encoded
  return isCanonical && bytes.length >= fewestBytes && bytes.length <= mostBytes
}

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
