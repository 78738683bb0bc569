import { createHash } from 'node:crypto'
import { type Origin, recordAudit } from '../audit/record.ts'
import type { Cache } from '../cache/cache.ts'
import type { Sql } from '../db/client.ts'
import { tooManyAttempts } from '../errors.ts'
import { networkOf } from '../http/network.ts'
import { logger } from '../logger.ts'
import { createGuard, type Place, type Refusal } from './guard.ts'
import { fromDevice, fromNetwork, fromStrangers, type Rule, strainedAt } from './rules.ts'
import { createSprayLimit } from './spray-limit.ts'

export interface LoginThrottleDependencies {
  readonly sql: Sql
  readonly cache: Cache
  readonly now?: () => Date
}

export interface LoginAttempt {
  /** As `login` has normalised it. */
  readonly identifier: string
  /** Whose it is, if anybody's. */
  readonly user_id: string | undefined
  /** Of a device that has signed in to this very account before. */
  readonly device_id: string | undefined
}

export interface AdmittedAttempt {
  /**
   * Without it the password must not be compared with the account's: under its other name the account has used
   * up what this network may try. That is not told, or it would tell which address belongs to which username.
   */
  readonly isCompared: boolean
  /** The password was right. */
  succeed(): Promise<void>
}

/**
 * Holds back who guesses passwords, and nobody else. Everything that is told counts by the identifier as it was
 * sent, whether or not it is anybody's: names without an account are refused like those with one. While refused,
 * no password is hashed, and the quicker answer tells no more than the refusal itself.
 *
 * A device that the account knows has attempts of its own, so that no stranger can use them up. The others meet
 * the limit of their network, and that of all strangers together. A mailed link always resets the password.
 */
export function createLoginThrottle({ sql, cache, now = () => new Date() }: LoginThrottleDependencies) {
  const guard = createGuard({ cache, now })
  const reserveSpray = createSprayLimit({ cache, now })

  const refuse = async (refusal: Refusal, user_id: string | undefined, origin: Origin): Promise<never> => {
    if (refusal.isFirst) {
      const details = { reason: 'too_many_attempts', retry_after_seconds: refusal.retryAfterSeconds }
      const entry = { action: 'session.refused', outcome: 'failure', user_id, details } as const
      await recordAudit(sql, entry, origin, now())
    }
    throw tooManyAttempts(refusal.retryAfterSeconds)
  }

  /** Gives back what was taken before, for nothing comes of it. */
  const refuseWhere = async (
    { refusal }: Place,
    before: readonly Place[],
    attempt: LoginAttempt,
    origin: Origin,
  ) => {
    if (!refusal) return
    await Promise.all(before.map(({ release }) => release()))
    await refuse(refusal, attempt.user_id, origin)
  }

  const succeedAt =
    (subjects: readonly (readonly [Rule, string])[], forget = async () => {}) =>
    async () => {
      const forgiven = subjects.map(([rule, subject]) => guard.forgive(rule, subject))
      // Whoever has the right password is let in, even if they are taken for a guesser a while longer.
      await Promise.all([...forgiven, forget()]).catch((error) =>
        logger.error('Failed attempts are not forgotten: the cache does not answer', { error }),
      )
    }

  const admitDevice = async (attempt: LoginAttempt, origin: Origin): Promise<AdmittedAttempt> => {
    const device = attempt.device_id!
    await refuseWhere(await guard.reserve(fromDevice, device), [], attempt, origin)
    return { isCompared: true, succeed: succeedAt([[fromDevice, device]]) }
  }

  const admitStranger = async (attempt: LoginAttempt, origin: Origin): Promise<AdmittedAttempt> => {
    const { name, here, shared } = subjectsOf(attempt, origin)
    const [sprayed, failures] = await Promise.all([
      reserveSpray(networkOf(origin.ip), name),
      guard.failures(fromStrangers, name),
    ])
    await refuseWhere(sprayed, [], attempt, origin)
    const near = await guard.reserve(fromNetwork, here, failures >= strainedAt ? 1 : fromNetwork.free)
    await refuseWhere(near, [sprayed], attempt, origin)
    const [far, other] = await Promise.all([
      guard.reserve(fromStrangers, name),
      guard.reserve(fromNetwork, shared),
    ])
    await refuseWhere(far, [sprayed, near, other], attempt, origin)
    const subjects = [
      [fromNetwork, here],
      [fromNetwork, shared],
      [fromStrangers, name],
    ] as const
    // The waits of a name and of its account begin some milliseconds apart. A name that is free waits for nothing.
    const isLate = near.isAfterWait && other.refusal && other.refusal.retryAfterSeconds <= 1
    const isCompared = !other.refusal || isLate === true
    return { isCompared, succeed: succeedAt(subjects, sprayed.forget) }
  }

  return {
    /** Before the password is looked at. */
    admit: (attempt: LoginAttempt, origin: Origin): Promise<AdmittedAttempt> =>
      attempt.device_id ? admitDevice(attempt, origin) : admitStranger(attempt, origin),

    /** For the owner of an account who has come back by a mailed link. */
    async forgive(
      user_id: string,
      identifiers: readonly string[],
      { ip }: Pick<Origin, 'ip'>,
    ): Promise<void> {
      const all = identifiers.flatMap((identifier) => {
        const { name, here, shared } = subjectsOf({ identifier, user_id }, { ip })
        return [
          [fromNetwork, here],
          [fromNetwork, shared],
          [fromStrangers, name],
        ] as const
      })
      await succeedAt(all)()
    },
  }
}

function subjectsOf({ identifier, user_id }: Omit<LoginAttempt, 'device_id'>, { ip }: Pick<Origin, 'ip'>) {
  const name = hash(identifier)
  const network = networkOf(ip)
  return { name, here: `${name}:${network}`, shared: `${hash(user_id ?? `nobody:${identifier}`)}:${network}` }
}

/** What somebody typed may be a password, so nothing keeps it. */
const hash = (text: string) => createHash('sha256').update(text).digest('base64url')
