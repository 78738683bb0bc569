import type { AuditAction } from '../audit/actions.ts'
import { byOwner, type Origin, recordAudit } from '../audit/record.ts'
import type { Actor } from '../auth/actor.ts'
import { type FieldCipher, kidOf } from '../auth/field-cipher.ts'
import type { OwnPassword } from '../auth/own-password.ts'
import type { Db, Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { addNotice, type ToldKind } from '../notices/notices.ts'
import type { OutboxRelay } from '../outbox.ts'
import { raiseAssurance } from '../sessions/assurance.ts'
import { endSessions } from '../sessions/ending.ts'
import type { Throttle } from '../throttle/throttle.ts'
import { lockAccount } from '../users/lock.ts'
import type { UserService } from '../users/service.ts'
import { forgetDevices } from './devices.ts'
import { newRecoveryCodes } from './recovery-codes.ts'
import {
  countFactors,
  deleteRecoveryCodes,
  deleteTotp,
  findTotp,
  markTotpEnabled,
  replaceRecoveryCodes,
  upsertTotp,
} from './repository.ts'
import type { Proof, SecondFactor } from './second-factor.ts'
import { matchStep, newTotpSecret, totpUri } from './totp.ts'

export interface TwoFactorDependencies {
  readonly sql: Sql
  readonly cipher: FieldCipher
  readonly secondFactor: Pick<SecondFactor, 'prove'>
  readonly ownPassword: Pick<OwnPassword, 'require'>
  readonly throttle: Pick<Throttle, 'attempts'>
  readonly users: Pick<UserService, 'get'>
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

export type TwoFactorService = ReturnType<typeof createTwoFactorService>

/** Turns the second factor of a user on and off. */
export function createTwoFactorService(dependencies: TwoFactorDependencies) {
  const {
    sql,
    cipher,
    secondFactor,
    ownPassword,
    throttle,
    users,
    relay,
    now = () => new Date(),
  } = dependencies

  const audit = (tx: Db, action: AuditAction, actor: Actor, origin: Origin, isRight = true) =>
    recordAudit(tx, { action, outcome: isRight ? 'success' : 'failure', ...byOwner(actor) }, origin, now())

  /** What a change of the second factor has in common: who hears of it, and who has to sign in again. */
  const announce = async (tx: Db, action: AuditAction, kind: ToldKind, actor: Actor, origin: Origin) => {
    const { id: user_id, session_id } = actor
    await audit(tx, action, actor, origin)
    await addNotice(tx, { user_id, kind, session_id }, origin, now())
  }

  const issueRecoveryCodes = async (tx: Db, userId: string) => {
    const { codes, ...set } = await newRecoveryCodes()
    await replaceRecoveryCodes(tx, userId, { ...set, now: now() })
    return [...codes]
  }

  /** False for a wrong code; then only the trail of it is written. */
  const enableWith = async (tx: Db, code: string, { id }: Actor): Promise<boolean> => {
    const totp = await findTotp(tx, id)
    if (totp?.enabled_at) throw new AppError('two_factor_enabled')
    if (!totp) throw new AppError('two_factor_not_enabled')
    const { sealed_secret } = totp
    const step = matchStep(await cipher.open(sealed_secret), code, now())
    return step !== undefined && markTotpEnabled(tx, id, { sealed_secret, step, now: now() })
  }

  const requireEnabled = async (userId: string) => {
    if (!(await countFactors(sql, userId)).totp_enabled) throw new AppError('two_factor_not_enabled')
  }

  /** In a transaction that gives nothing where the code was wrong. */
  const tryCode = <T>(userId: string, origin: Origin, work: (tx: Db) => Promise<T>) =>
    throttle.attempts.secondFactor(
      userId,
      origin,
      () =>
        sql.begin(async (tx) => {
          await lockAccount(tx, userId)
          return work(tx)
        }) as Promise<T>,
    )

  return {
    status: ({ id }: Actor) => countFactors(sql, id),

    /** A setup that was begun before and never enabled is replaced. */
    async setUp(actor: Actor, origin: Origin) {
      const { id } = actor
      const secret = newTotpSecret()
      const sealed_secret = await cipher.seal(secret)
      const totp = { user_id: id, sealed_secret, kid: kidOf(sealed_secret), created_at: now() }
      await sql.begin(async (tx) => {
        await lockAccount(tx, id)
        if (!(await upsertTotp(tx, totp))) throw new AppError('two_factor_enabled')
        await audit(tx, 'two_factor.set_up', actor, origin)
      })
      const { username } = await users.get(id)
      const otpauth_uri = totpUri(secret, username)
      const { renderSVG } = await import('uqr')
      return { secret, otpauth_uri, qr_svg: renderSVG(otpauth_uri, { ecc: 'M', border: 4 }) }
    },

    async enable(code: string, actor: Actor, origin: Origin): Promise<string[]> {
      const { id, session_id } = actor
      const codes = await tryCode(id, origin, async (tx) => {
        if (!(await enableWith(tx, code, actor))) {
          await audit(tx, 'two_factor.enabled', actor, origin, false)
          return undefined
        }
        await endSessions(tx, { user_id: id, except: session_id, reason: 'two_factor_enabled', now: now() })
        await raiseAssurance(tx, session_id)
        await announce(tx, 'two_factor.enabled', 'two_factor_enabled', actor, origin)
        return issueRecoveryCodes(tx, id)
      })
      if (!codes) throw new AppError('invalid_code')
      await relay.flushSoon()
      return codes
    },

    async disable(
      { password, code }: { password: string; code: string },
      actor: Actor,
      origin: Origin,
    ): Promise<void> {
      const { id, session_id } = actor
      await requireEnabled(id)
      await ownPassword.require(actor, password, 'two_factor.disabled', origin)
      const isDone = await tryCode(id, origin, async (tx) => {
        const isProved = await secondFactor.prove(tx, id, proofOf(code), origin, session_id)
        if (!isProved || !(await deleteTotp(tx, id))) return false
        await deleteRecoveryCodes(tx, id)
        await endSessions(tx, { user_id: id, except: session_id, reason: 'two_factor_disabled', now: now() })
        await forgetDevices(tx, id, session_id)
        await announce(tx, 'two_factor.disabled', 'two_factor_disabled', actor, origin)
        return true
      })
      if (!isDone) throw new AppError('invalid_code')
      await relay.flushSoon()
    },

    async replaceRecoveryCodes(code: string, actor: Actor, origin: Origin): Promise<string[]> {
      const { id, session_id } = actor
      await requireEnabled(id)
      const codes = await tryCode(id, origin, async (tx) => {
        if (!(await secondFactor.prove(tx, id, { code }, origin, session_id))) return undefined
        await announce(tx, 'two_factor.recovery_codes_replaced', 'recovery_codes_replaced', actor, origin)
        return issueRecoveryCodes(tx, id)
      })
      if (!codes) throw new AppError('invalid_code')
      await relay.flushSoon()
      return codes
    },
  }
}

const proofOf = (code: string): Proof => (/^\d{6}$/.test(code) ? { code } : { recovery_code: code })
