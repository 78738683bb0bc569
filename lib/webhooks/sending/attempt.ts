import type { Dispatcher } from 'undici'
import type { AttemptError, WebhookResult } from '../result.ts'
import { type ConnectionSettings, createOpenConnection } from './connection.ts'
import { AttemptFailure, whyUnanswered } from './failure.ts'
import { createBodyReader } from './response-body.ts'
import { readRetryAfter } from './retry-after.ts'
import { createVet, type TargetSettings } from './target.ts'

export interface Posting {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type Answer = Pick<WebhookResult, 'status_code' | 'error' | 'retry_after_seconds' | 'response_body'>
export type Post = (posting: Posting) => Promise<Answer>

export interface PostSettings extends TargetSettings, ConnectionSettings {
  /** For all of it: names, connection, headers and body. */
  readonly deadlineMs?: number
  readonly now?: () => Date
}

/** Posts once, and says what came of it; whatever the receiver does is an answer, never an exception. */
export function createPost({ deadlineMs = 15_000, now = () => new Date(), ...settings }: PostSettings): Post {
  const vet = createVet(settings)
  const openConnection = createOpenConnection(settings)
  return async (posting) => {
    const stopping = new AbortController()
    const timer = setTimeout(() => stopping.abort(new AttemptFailure('timeout')), deadlineMs)
    try {
      const target = await vet(posting.url, stopping.signal)
      const connection = openConnection(target, (why) => stopping.abort(why))
      try {
        const { pathname, search } = target.url
        const { headers, body } = posting
        const response = await connection.client.request({
          method: 'POST',
          path: pathname + search,
          headers,
          body: Buffer.from(body),
          signal: stopping.signal,
        })
        return await readAnswer(response, now())
      } finally {
        connection.close()
      }
    } catch (error) {
      return { ...unanswered, error: whyFailed(error, whyUnanswered) }
    } finally {
      clearTimeout(timer)
    }
  }
}

const unanswered = { status_code: null, retry_after_seconds: null, response_body: null } as const

async function readAnswer({ statusCode, headers, body }: Dispatcher.ResponseData, at: Date): Promise<Answer> {
  const reader = createBodyReader()
  const answer = (error: AttemptError | null): Answer => ({
    status_code: statusCode,
    error,
    retry_after_seconds: readRetryAfter(headers['retry-after'], at),
    response_body: isPacked(headers['content-encoding']) ? null : reader.text(),
  })
  try {
    await reader.read(body)
    return answer(judge(statusCode))
  } catch (error) {
    return answer(whyFailed(error, () => 'invalid_response'))
  }
}

const whyFailed = (error: unknown, ofOthers: (error: unknown) => AttemptError): AttemptError =>
  error instanceof AttemptFailure ? error.why : ofOthers(error)

function judge(status: number): AttemptError | null {
  if (status >= 200 && status < 300) return null
  return status >= 300 && status < 400 ? 'redirected' : 'status'
}

const isPacked = (encoding: string | string[] | undefined) =>
  encoding !== undefined && encoding !== 'identity'
