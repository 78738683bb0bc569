import { createHash } from 'node:crypto'
import type { Store } from '../store.ts'
import { StripeProblem } from './error.ts'

/** What a call with this key was answered. */
export interface KeptAnswer {
  readonly status: number
  readonly body: string
  readonly request_id: string
}

export interface KeyedCall {
  readonly account: string
  readonly key: string
  /** `POST /v1/refunds` */
  readonly endpoint: string
  readonly body: string
}

export const MAX_KEY_LENGTH = 255

const KEPT_SECONDS = 24 * 3_600

/** Answers by idempotency key: the same call gets the same answer for a day, whatever it was. */
export function createAnswers({ database }: Store, now: () => Date) {
  const inProgress = new Set<string>()
  const seconds = () => Math.floor(now().getTime() / 1000)
  const fingerprint = ({ endpoint, body }: KeyedCall) =>
    `${endpoint} ${createHash('sha256').update(body).digest('base64')}`

  return {
    /** The answer that was given before; otherwise the key is taken until it is kept or let go. */
    begin(call: KeyedCall): KeptAnswer | undefined {
      const { account, key, endpoint } = call
      if (inProgress.has(`${account} ${key}`)) throw inUse(key)
      database.prepare('delete from answers where created < ?').run(seconds() - KEPT_SECONDS)
      const kept = database
        .prepare('select request, request_id, status, body from answers where account = ? and key = ?')
        .get(account, key) as unknown as (KeptAnswer & { readonly request: string }) | undefined
      if (!kept) return void inProgress.add(`${account} ${key}`)
      if (kept.request !== fingerprint(call)) throw differs(key, kept.request.replace(/ \S+$/, ''), endpoint)
      return kept
    },

    keep(call: KeyedCall, { status, body, request_id }: KeptAnswer): void {
      database
        .prepare(
          'insert into answers (account, key, request, request_id, status, body, created) values (?, ?, ?, ?, ?, ?, ?)',
        )
        .run(call.account, call.key, fingerprint(call), request_id, status, body, seconds())
    },

    end: ({ account, key }: KeyedCall) => void inProgress.delete(`${account} ${key}`),
  }
}

const inUse = (key: string) =>
  new StripeProblem(409, {
    type: 'invalid_request_error',
    code: 'idempotency_key_in_use',
    message: `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key}. Please try again later.`,
  })

function differs(key: string, before: string, endpoint: string): StripeProblem {
  const advice = `Try using a key other than '${key}' if you meant to execute a different request.`
  const message =
    before === endpoint
      ? `Keys for idempotent requests can only be used with the same parameters they were first used with. ${advice}`
      : `Keys for idempotent requests can only be used for the same endpoint they were first used for ('${endpoint}' vs '${before}'). ${advice}`
  return new StripeProblem(400, { type: 'idempotency_error', message })
}
