import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  randomBytes,
  randomUUID,
} from 'node:crypto'
import type { Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { logger } from '../logger.ts'
import { dayMs, later } from '../time.ts'
import type { ApiEvent, ApiResult } from './exchange.ts'
import { givesCredentials } from './headers.ts'
import {
  type Claim,
  claimKey,
  findKeptCall,
  type KeptCall,
  keepAnswer,
  releaseKey,
} from './idempotency-repository.ts'
import { asAppError, toProblem } from './problem.ts'
import { type Route, routeKey } from './route.ts'

/** What a client names a call by, so that it may send it again and it is done once. */
export const idempotencyKeyPattern = /^[\x21-\x7e]{1,255}$/

/**
 * Whether answers of the route can be kept. Those of auth and chat hold credentials: they are kept by nobody,
 * and each of its calls is safe to repeat, or fails the second time.
 */
export const takesIdempotencyKey = ({ method, auth, path }: Pick<Route, 'method' | 'auth' | 'path'>) =>
  method === 'POST' && auth === 'user' && !givesCredentials({ path })

export function readIdempotencyKey(route: Route, headers: ApiEvent['headers']): string | undefined {
  if (!takesIdempotencyKey(route)) return undefined
  const key = headers['idempotency-key']
  if (key === undefined) {
    if (route.idempotency === 'required') throw new AppError('idempotency_key_required')
    return undefined
  }
  if (!idempotencyKeyPattern.test(key)) {
    throw new AppError('invalid_request', 'An Idempotency-Key has 1 to 255 visible characters of ASCII')
  }
  return key
}

export interface KeyedCall {
  readonly key: string
  readonly userId: string
  readonly route: Route
  readonly event: ApiEvent
  readonly rawBody: Buffer
  readonly requestId: string
}

/** Runs a call, or answers as its first run did. */
export type RunOnce = (call: KeyedCall, run: () => Promise<ApiResult>) => Promise<ApiResult>

export interface IdempotencyDependencies {
  readonly sql: Sql
  readonly now?: () => Date
}

/** Longer than a function may take: whoever still holds a key after it has crashed. */
const leaseMs = 30_000

export function createRunOnce({ sql, now = () => new Date() }: IdempotencyDependencies): RunOnce {
  return async (call, run) => {
    const seal = createSeal(call)
    const claim: Claim = {
      user_id: call.userId,
      route: routeKey(call.route),
      key_hash: seal.name,
      fingerprint: fingerprintOf(call),
      claim_id: randomUUID(),
      leased_until: later(now(), leaseMs),
      expires_at: later(now(), dayMs),
    }
    if (!(await claimKey(sql, claim, now()))) {
      return replay(await findKeptCall(sql, claim), claim.fingerprint, seal)
    }
    const outcome = await settle(run)
    const answer = 'answer' in outcome ? outcome.answer : toProblem(asAppError(outcome.error), call.requestId)
    // The work is done, or is not, whatever becomes of the memory of it.
    await (isFinal(answer) ? keepAnswer(sql, claim, seal.close(answer)) : releaseKey(sql, claim)).catch(
      (error: unknown) => logger.error('The answer to a keyed call could not be kept', { error }),
    )
    if ('error' in outcome) throw outcome.error
    return outcome.answer
  }
}

type Outcome = { readonly answer: ApiResult } | { readonly error: unknown }

const settle = (run: () => Promise<ApiResult>): Promise<Outcome> =>
  run().then(
    (answer) => ({ answer }),
    (error: unknown) => ({ error }),
  )

/** What may end otherwise when it is tried again: for who asks, how often, or for a failure of ours. */
const passing: ReadonlySet<number> = new Set([401, 403, 422, 429])

const isFinal = ({ statusCode = 500, cookies }: ApiResult) =>
  statusCode < 500 && !passing.has(statusCode) && cookies === undefined

function replay(kept: KeptCall | undefined, fingerprint: Buffer, seal: Seal): ApiResult {
  if (kept && !kept.fingerprint.equals(fingerprint)) throw new AppError('idempotency_mismatch')
  // Gone by now: it was let go of between the two looks at it.
  if (!kept?.sealed_answer) throw new AppError('idempotency_in_progress')
  const answer = seal.open(kept.sealed_answer)
  return { ...answer, headers: { ...answer.headers, 'idempotent-replayed': 'true' } }
}

/** The path with its ids, the query in any order, and the bytes of the body. */
function fingerprintOf({ event, rawBody }: KeyedCall): Buffer {
  const query = Object.entries(event.queryStringParameters ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256')
    .update(JSON.stringify([event.rawPath, query]))
    .update(rawBody)
    .digest()
}

type Seal = ReturnType<typeof createSeal>

const ivBytes = 12
const tagBytes = 16

/**
 * An answer may hold an address that is a secret (of an upload, of a share). So the database knows neither the key
 * nor, without it, the answer: one hash finds the row, another one opens it.
 */
function createSeal({ key, userId, route }: KeyedCall) {
  const derive = (purpose: string) =>
    createHmac('sha256', key)
      .update(JSON.stringify([purpose, userId, routeKey(route)]))
      .digest()
  const secret = derive('seal')
  return {
    name: derive('name'),
    close(answer: ApiResult): Buffer {
      const iv = randomBytes(ivBytes)
      const cipher = createCipheriv('aes-256-gcm', secret, iv)
      const sealed = Buffer.concat([cipher.update(JSON.stringify(answer)), cipher.final()])
      return Buffer.concat([iv, cipher.getAuthTag(), sealed])
    },
    open(bytes: Buffer): ApiResult {
      const decipher = createDecipheriv('aes-256-gcm', secret, bytes.subarray(0, ivBytes))
      decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes))
      const opened = Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()])
      return JSON.parse(opened.toString())
    },
  }
}
