import type { Db } from '../../db/client.ts'

/** How many old ones there may be beside the present one. */
export const mostOldSecrets = 10

/** None signs longer than until then. */
export async function shortenOldSecrets(tx: Db, endpointId: string, until: Date, now: Date): Promise<void> {
  await tx`delete from webhook_old_secrets where endpoint_id = ${endpointId} and expires_at <= ${now}`
  await tx`
    update webhook_old_secrets set expires_at = ${until}
    where endpoint_id = ${endpointId} and expires_at > ${until}
  `
}

export async function deleteOldSecrets(tx: Db, endpointId: string): Promise<void> {
  await tx`delete from webhook_old_secrets where endpoint_id = ${endpointId}`
}

export async function countOldSecrets(tx: Db, endpointId: string): Promise<number> {
  const [row] = await tx<[{ count: number }]>`
    select count(*)::int as count from webhook_old_secrets where endpoint_id = ${endpointId}
  `
  return row.count
}

export async function insertOldSecret(
  tx: Db,
  secret: { readonly endpoint_id: string; readonly sealed_secret: string; readonly expires_at: Date },
): Promise<void> {
  await tx`insert into webhook_old_secrets ${tx(secret)}`
}
