import type { Db } from '../../db/client.ts'
import { AppError } from '../../errors.ts'
import { listRecoveries } from './recovery-repository.ts'
import { type EndpointRow, findEndpoint } from './repository.ts'
import type { Endpoint } from './schemas.ts'

/** Each with its last recovery. */
export async function withRecoveries(db: Db, rows: readonly EndpointRow[]): Promise<Endpoint[]> {
  const ids = rows.map(({ id }) => id)
  const recoveries = ids.length === 0 ? [] : await listRecoveries(db, ids)
  return rows.map((row) => ({
    ...row,
    recovery: recoveries.find(({ endpoint_id }) => endpoint_id === row.id) ?? null,
  }))
}

export async function readEndpoint(db: Db, accountId: string, id: string, now: Date): Promise<Endpoint> {
  const row = await findEndpoint(db, accountId, id, now)
  if (!row) throw new AppError('not_found')
  return (await withRecoveries(db, [row]))[0]!
}
