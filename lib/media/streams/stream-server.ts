import { setTimeout as delay } from 'node:timers/promises'
import type { Secrets } from '../../aws/secrets.ts'

export interface PrepareJob {
  readonly job_id: string
  readonly track_id: string
  readonly version_id: string
}

export interface StreamServer {
  /** Resolves once the server has taken the job; asking twice for one job is asking once. */
  prepare(job: PrepareJob): Promise<void>
}

/** The server answered, and not that it takes the job. */
export class JobNotTaken extends Error {
  override name = 'JobNotTaken'
  readonly status: number

  constructor(status: number) {
    super(`The stream server answered ${status} to a job`)
    this.status = status
  }
}

/** A code for the failure, as the uploader is shown it; what stands behind it is for the log. */
export function whyNotTaken(error: unknown): string {
  if (error instanceof JobNotTaken) return `answered_${error.status}`
  return (error as Partial<Error> | undefined)?.name === 'TimeoutError' ? 'timed_out' : 'unreachable'
}

export interface StreamServerSettings {
  readonly url: string
  readonly secrets: Pick<Secrets, 'read'>
  readonly jobSecretId: string
  readonly timeoutMs?: number
  /** How long it is waited for a server that nobody listens at, such as one that is just being replaced. */
  readonly reconnectDelaysMs?: readonly number[]
  readonly now?: () => Date
}

/** Sends jobs signed as Standard Webhooks says. */
export function createStreamServer(settings: StreamServerSettings): StreamServer {
  const { url, secrets, jobSecretId, timeoutMs = 5_000, now = () => new Date() } = settings
  const { reconnectDelaysMs = [1_000, 2_000, 4_000, 8_000] } = settings
  return {
    async prepare(job) {
      const { Webhook } = await import('standardwebhooks')
      const secret = await secrets.read(jobSecretId)
      const body = JSON.stringify(job)
      const at = now()
      const signature = new Webhook(Buffer.from(secret).toString('base64')).sign(job.job_id, at, body)
      const headers = {
        'content-type': 'application/json',
        'webhook-id': job.job_id,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
        'webhook-signature': signature,
      }
      const send = () =>
        fetch(`${url}/jobs`, {
          method: 'POST',
          headers,
          body,
          // It is answered like any other refusal, and a signed job goes nowhere else.
          redirect: 'manual',
          signal: AbortSignal.timeout(timeoutMs),
        })
      const response = await untilReached(send, reconnectDelaysMs)
      await response.body?.cancel()
      if (response.status !== 202) throw new JobNotTaken(response.status)
    },
  }
}

/** While nobody listens nothing has been asked, so that all of it is one try. */
async function untilReached(send: () => Promise<Response>, delaysMs: readonly number[]): Promise<Response> {
  for (const ms of delaysMs) {
    try {
      return await send()
    } catch (error) {
      if (!isRefused(error)) throw error
      await delay(ms)
    }
  }
  return send()
}

const isRefused = (error: unknown) =>
  (error as { readonly cause?: { readonly code?: string } }).cause?.code === 'ECONNREFUSED'
