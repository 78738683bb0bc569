import type { Db } from '../../db/client.ts'
import type { Recovery } from './schemas.ts'

type RecoveryRow = Recovery & { readonly endpoint_id: string }

/** The last one of each. */
export const listRecoveries = (db: Db, endpointIds: readonly string[]) => db<RecoveryRow[]>`
  select distinct on (endpoint_id)
    endpoint_id, since, until, status, recovered_count, created_at, ended_at
  from webhook_recoveries
  where endpoint_id = any(${endpointIds}::uuid[])
  order by endpoint_id, id desc
`

/** False where one is running. */
export async function insertRecovery(tx: Db, endpointId: string, since: Date, now: Date): Promise<boolean> {
  const { count } = await tx`
    insert into webhook_recoveries (endpoint_id, since, until, created_at)
    values (${endpointId}, ${since}, ${now}, ${now})
    on conflict (endpoint_id) where status = 'running' do nothing
  `
  return count === 1
}
