import type { Db } from '../../db/client.ts'
import { mostLostClaims } from './claims-repository.ts'

interface LostAttempt {
  readonly delivery_id: string
  readonly number: number
}

export const listGivenUp = (db: Db, now: Date, limit: number) => db<LostAttempt[]>`
  select id as delivery_id, attempt_count + 1 as number
  from webhook_deliveries
  where status = 'pending' and claimed_until > '-infinity' and claimed_until <= ${now}
    and lost_claims >= ${mostLostClaims}
  limit ${limit}
`
