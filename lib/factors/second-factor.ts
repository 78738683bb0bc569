import { type Origin, recordAudit } from '../audit/record.ts'
import type { FieldCipher } from '../auth/field-cipher.ts'
import type { Db, Sql } from '../db/client.ts'
import { addNotice } from '../notices/notices.ts'
import { hashRecoveryCode } from './recovery-codes.ts'
import { countFactors, findRecoverySalt, findTotp, markRecoveryCodeUsed, markStepUsed } from './repository.ts'
import { matchStep } from './totp.ts'

export interface SecondFactorDependencies {
  readonly sql: Sql
  readonly cipher: Pick<FieldCipher, 'open'>
  readonly now?: () => Date
}

export type SecondFactor = ReturnType<typeof createSecondFactor>

/** One of the two. */
export interface Proof {
  readonly code?: string | undefined
  readonly recovery_code?: string | undefined
}

export type ProofMethod = 'totp' | 'recovery_code' | 'passkey'

/** Asks for what only the holder of the second factor knows, and never takes the same answer twice. */
export function createSecondFactor(dependencies: SecondFactorDependencies) {
  const { sql, cipher, now = () => new Date() } = dependencies

  const proveTotp = async (tx: Db, userId: string, code: string) => {
    const totp = await findTotp(tx, userId)
    if (!totp?.enabled_at) return false
    const step = matchStep(await cipher.open(totp.sealed_secret), code, now())
    return step !== undefined && markStepUsed(tx, userId, step)
  }

  const proveRecoveryCode = async (tx: Db, userId: string, code: string) => {
    const salt = await findRecoverySalt(tx, userId)
    return salt !== undefined && markRecoveryCodeUsed(tx, userId, await hashRecoveryCode(code, salt), now())
  }

  /** Uses the proof up; undefined where it is none. */
  const verify = async (tx: Db, userId: string, proof: Proof): Promise<ProofMethod | undefined> => {
    if (proof.code !== undefined) return (await proveTotp(tx, userId, proof.code)) ? 'totp' : undefined
    const isRight =
      proof.recovery_code !== undefined && (await proveRecoveryCode(tx, userId, proof.recovery_code))
    return isRight ? 'recovery_code' : undefined
  }

  /** Writes down how it went; the user hears of a recovery code that is gone. */
  const record = async (
    tx: Db,
    user_id: string,
    method: ProofMethod | undefined,
    origin: Origin,
    session_id?: string,
  ) => {
    const at = now()
    const common = { actor_id: method && user_id, user_id, session_id }
    await recordAudit(
      tx,
      {
        action: 'two_factor.challenged',
        outcome: method ? 'success' : 'failure',
        ...common,
        details: method ? { method } : {},
      },
      origin,
      at,
    )
    if (method !== 'recovery_code') return
    const { recovery_codes_left } = await countFactors(tx, user_id)
    const used = {
      action: 'two_factor.recovery_code_used',
      ...common,
      details: { recovery_codes_left },
    } as const
    await recordAudit(tx, used, origin, at)
    await addNotice(tx, { user_id, kind: 'recovery_code_used', session_id }, origin, at)
  }

  return {
    verify,
    record,

    isEnabled: async (userId: string): Promise<boolean> => (await countFactors(sql, userId)).totp_enabled,

    /** What the user can answer with, none where one factor is enough. */
    async methods(db: Db, userId: string): Promise<ProofMethod[]> {
      const { totp_enabled, recovery_codes_left, passkeys } = await countFactors(db, userId)
      if (!totp_enabled) return []
      return [
        'totp',
        ...(recovery_codes_left > 0 ? (['recovery_code'] as const) : []),
        ...(passkeys > 0 ? (['passkey'] as const) : []),
      ]
    },

    /**
     * Verifies and writes down. A wrong proof gives undefined rather than an error, so that the transaction
     * commits what is written of it; the caller refuses after that.
     */
    async prove(
      tx: Db,
      userId: string,
      proof: Proof,
      origin: Origin,
      session_id?: string,
    ): Promise<ProofMethod | undefined> {
      const method = await verify(tx, userId, proof)
      await record(tx, userId, method, origin, session_id)
      return method
    },
  }
}
