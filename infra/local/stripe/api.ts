import { setTimeout as sleep } from 'node:timers/promises'
import { API_VERSION, type Cause, type Context } from './context.ts'
import type { CallFault, Faults } from './faults.ts'
import { newId } from './ids.ts'
import type { StripeKeys } from './keys.ts'
import { present } from './present.ts'
import type { Store } from './store.ts'
import { type createAnswers, type KeyedCall, MAX_KEY_LENGTH } from './wire/answers.ts'
import { badRequest, StripeProblem } from './wire/error.ts'
import { readParams } from './wire/params.ts'
import { type Call, headerOf, type Understood, understand } from './wire/understand.ts'

export interface Answer {
  readonly status: number
  readonly body: string
}

export interface ApiAnswer extends Answer {
  readonly headers: Readonly<Record<string, string>>
}

export interface ApiOptions {
  readonly keys: StripeKeys
  readonly store: Store
  readonly answers: ReturnType<typeof createAnswers>
  readonly faults: Faults
  /** One transaction, and its events told afterwards. */
  readonly perform: <T>(account: string, work: (context: Context) => T, cause: Cause) => T
}

/** What becomes of one call. */
interface Turn {
  readonly cause: Cause
  readonly fault: CallFault | undefined
  keep(answer: Answer): void
}

/** Answers as Stripe's API does; `never`, where the call is to time out. */
export function createApi(options: ApiOptions): (call: Call) => Promise<ApiAnswer | 'never'> {
  const { faults, answers } = options

  async function answerKeyed(
    call: Call,
    understood: Understood,
    key: string,
    turn: Turn,
  ): Promise<ApiAnswer> {
    const { account } = understood
    const keyed: KeyedCall = { account, key, endpoint: `${call.method} ${call.path}`, body: call.body }
    const kept = answers.begin(keyed)
    if (kept) {
      const { request_id, ...answer } = kept
      return { ...answer, headers: { 'idempotent-replayed': 'true', 'original-request': request_id } }
    }
    try {
      const keep = (answer: Answer) => answers.keep(keyed, { ...answer, request_id: turn.cause.id! })
      return { ...(await execute(understood, { ...turn, keep })), headers: {} }
    } finally {
      answers.end(keyed)
    }
  }

  /** What the endpoint says is kept under the key, its errors too; what never comes to the endpoint is not. */
  async function execute(understood: Understood, turn: Turn): Promise<Answer> {
    const { route, form } = understood
    const params = readParams(route.params, form)
    const { fault } = turn
    if (fault?.mode === 'slow') await sleep(fault.delay_ms)
    try {
      if (fault?.mode === 'fail' && !fault.is_done) throw refusalOf(fault)
      // What is done and not told is not what the key remembers either.
      const keep = fault?.mode === 'fail' ? () => undefined : turn.keep
      const answer = options.perform(
        understood.account,
        (context) => run(context, understood, params, keep),
        turn.cause,
      )
      if (fault?.mode === 'fail') throw refusalOf(fault)
      return answer
    } catch (error) {
      const answer = toAnswer(error)
      turn.keep(answer)
      return answer
    }
  }

  return async (call) => {
    const id = newId('req', 14)
    const key = headerOf(call, 'idempotency-key')
    const headers = {
      'request-id': id,
      'stripe-version': headerOf(call, 'stripe-version') ?? API_VERSION,
      ...(key !== undefined && { 'idempotency-key': key }),
    }
    try {
      if (key !== undefined && key.length > MAX_KEY_LENGTH) throw keyTooLong()
      const understood = understand(call, options)
      const fault = faults.take(call.method, call.path)
      // A limiter stands before everything else, and so what it says is kept under no key.
      if (fault?.mode === 'fail' && fault.status < 500) throw refusalOf(fault)
      const turn = { cause: { id, idempotency_key: key ?? null }, fault, keep: () => undefined }
      const answer =
        key === undefined || call.method !== 'POST'
          ? { ...(await execute(understood, turn)), headers: {} }
          : await answerKeyed(call, understood, key, turn)
      return fault?.mode === 'timeout' ? 'never' : { ...answer, headers: { ...headers, ...answer.headers } }
    } catch (error) {
      return { ...toAnswer(error), headers }
    }
  }
}

function run(context: Context, understood: Understood, params: unknown, keep: Turn['keep']): Answer {
  const { route, ids, path, expand, isPublic } = understood
  let answer: Answer
  try {
    const result = route.run(context, params as never, ...ids)
    answer = { status: 200, body: toJson(present(context, result, { expand, isPublic, url: path })) }
  } catch (error) {
    // That a card was declined is something that happened; all else did not.
    if (!(error instanceof StripeProblem) || error.body.type !== 'card_error') throw error
    answer = toAnswer(error)
  }
  keep(answer)
  return answer
}

function toAnswer(error: unknown): Answer {
  if (!(error instanceof StripeProblem)) throw error
  return { status: error.status, body: toJson({ error: error.body }) }
}

const toJson = (body: object) => `${JSON.stringify(body, undefined, 2)}\n`

function refusalOf({ status }: CallFault): StripeProblem {
  if (status >= 500) {
    return new StripeProblem(status, {
      type: 'api_error',
      message: 'An unknown error occurred. The stand-in was told to fail this call.',
    })
  }
  return new StripeProblem(status, {
    type: 'invalid_request_error',
    ...(status === 429 && { code: 'rate_limit' }),
    message: 'Request rate limit exceeded. The stand-in was told to refuse this call.',
  })
}

const keyTooLong = () => badRequest(`Idempotency keys can have up to ${MAX_KEY_LENGTH} characters.`)
