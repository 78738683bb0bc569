import type { Actor } from '../../auth/actor.ts'
import type { Sql } from '../../db/client.ts'
import { AppError, type FieldError } from '../../errors.ts'
import { invalid } from '../../products/refusals.ts'
import { keptDays } from '../../public-events/reading.ts'
import { dayMs, earlier } from '../../time.ts'
import { insertRecovery } from './recovery-repository.ts'
import { lockEndpoint } from './repository.ts'
import { mustBeEnabled } from './rules.ts'
import { readEndpoint } from './viewing.ts'

export interface RecoveryDependencies {
  readonly sql: Sql
  readonly now?: () => Date
}

export type RecoveryRequests = ReturnType<typeof createRecoveryRequests>

/** Asks for what an endpoint has missed to be sent again, which is then done a part at a time. */
export function createRecoveryRequests({ sql, now = () => new Date() }: RecoveryDependencies) {
  return async (actor: Actor, id: string, since: Date) => {
    await sql.begin(async (tx) => {
      const endpoint = await lockEndpoint(tx, actor.id, id)
      if (!endpoint) throw new AppError('not_found')
      const at = now()
      mustBeWithin(since, at)
      mustBeEnabled(endpoint)
      if (!(await insertRecovery(tx, id, since, at))) throw new AppError('recovery_in_progress')
    })
    return readEndpoint(sql, actor.id, id, now())
  }
}

function mustBeWithin(since: Date, now: Date): void {
  const refuse = (error: Pick<FieldError, 'code' | 'detail'>) =>
    invalid({ pointer: '#/body/since', ...error })
  if (since > now) throw refuse({ code: 'too_big', detail: 'It is still to come' })
  if (since < earlier(now, keptDays * dayMs)) {
    throw refuse({ code: 'too_small', detail: `Events are kept for ${keptDays} days` })
  }
}
