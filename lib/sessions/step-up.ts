import { byOwner, type Origin, recordAudit } from '../audit/record.ts'
import type { Actor } from '../auth/actor.ts'
import type { OwnPassword } from '../auth/own-password.ts'
import type { AccessTokenSigner } from '../auth/tokens.ts'
import type { Db, Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import type { Throttle } from '../throttle/throttle.ts'
import { lockAccount } from '../users/lock.ts'
import { markSteppedUp } from './repository.ts'
import type { SteppedUp, StepUp } from './schemas.ts'

export interface StepUpDependencies {
  readonly sql: Sql
  readonly signer: AccessTokenSigner
  readonly ownPassword: Pick<OwnPassword, 'matches'>
  readonly throttle: Pick<Throttle, 'attempts'>
  readonly secondFactor: {
    isEnabled(userId: string): Promise<boolean>
    /** Uses the proof up and writes down how that went. */
    prove(
      tx: Db,
      userId: string,
      proof: Pick<StepUp, 'code' | 'recovery_code'>,
      origin: Origin,
      sessionId?: string,
    ): Promise<unknown>
  }
  readonly now?: () => Date
}

export type StepUpService = ReturnType<typeof createStepUpService>

/** Somebody who is signed in proves again every factor of theirs, for what asks for that to be recent. */
export function createStepUpService(dependencies: StepUpDependencies) {
  const { sql, signer, ownPassword, secondFactor, throttle, now = () => new Date() } = dependencies

  const write = (tx: Db, actor: Actor, code: string | undefined, origin: Origin, at: Date) => {
    const result = code ? ({ outcome: 'failure', details: { code } } as const) : {}
    return recordAudit(tx, { action: 'session.stepped_up', ...byOwner(actor), ...result }, origin, at)
  }

  return async (actor: Actor, { password, ...proof }: StepUp, origin: Origin): Promise<SteppedUp> => {
    const { id, session_id } = actor
    const isRight = await ownPassword.matches(id, password, origin)
    const hasFactor = isRight && (await secondFactor.isEnabled(id))
    const at = now()
    const acr = hasFactor ? 'aal2' : actor.acr

    // What is written of a refusal is committed before it is answered.
    const prove = async () => {
      const refused = await sql.begin(async (tx) => {
        await lockAccount(tx, id)
        const isProved = !hasFactor || (await secondFactor.prove(tx, id, proof, origin, session_id))
        const code = isRight ? (isProved ? undefined : 'invalid_code') : 'invalid_credentials'
        await write(tx, actor, code, origin, at)
        if (!code && !(await markSteppedUp(tx, { session_id, user_id: id, acr, auth_time: at })))
          return 'token_revoked'
        return code
      })
      if (refused) throw new AppError(refused)
      return true
    }
    await (hasFactor ? throttle.attempts.secondFactor(id, origin, prove) : prove())
    return {
      token_type: 'Bearer',
      access_token: await signer.sign({ ...actor, acr, auth_time: Math.floor(at.getTime() / 1_000) }),
      expires_in: signer.ttlSeconds,
    }
  }
}
