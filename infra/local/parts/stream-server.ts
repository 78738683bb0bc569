import { once } from 'node:events'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import path from 'node:path'
import { AwsClient } from 'aws4fetch'
import { Webhook, WebhookVerificationError } from 'standardwebhooks'
import * as z from 'zod/mini'
import type { Logger } from '../aws/logger.ts'
import { readBody } from '../aws/read-body.ts'
import type { Caller } from '../principals.ts'
import { REGION } from '../template.ts'
import { createPart, type Part } from './part.ts'
import { answer, createStreamFiles } from './stream-files.ts'
import { type CallApi, createStreamJobs } from './stream-jobs.ts'

export interface StreamServerOptions {
  readonly dataDir: string
  readonly port: number
  readonly apiUrl: string
  /** The caller `stream_server`. */
  readonly credentials: Pick<Caller, 'accessKeyId' | 'secretAccessKey'>
  readonly secrets: { readonly streamUrl: string; readonly streamJob: string }
  readonly logger: Logger
  readonly now?: () => Date
  readonly retryDelaysMs?: readonly number[]
}

export interface StreamServer extends Part {
  readonly url: string
}

const streamJob = z.object({ job_id: z.uuid(), track_id: z.uuid(), version_id: z.uuid() })

/** Stands in for the stream server: takes signed jobs, makes real HLS, calls back, and serves signed URLs. */
export function createStreamServer(options: StreamServerOptions): StreamServer {
  const { dataDir, port, secrets, logger, now = () => new Date() } = options
  const media = path.join(dataDir, 'stream', 'media')
  const files = createStreamFiles({ directory: media, secret: secrets.streamUrl, now })
  const webhook = new Webhook(Buffer.from(secrets.streamJob).toString('base64'))
  const open = () =>
    createStreamJobs({
      directory: path.join(dataDir, 'stream', 'jobs'),
      media,
      logger,
      callApi: createCallApi(options),
      ...(options.retryDelaysMs && { retryDelaysMs: options.retryDelaysMs }),
    })
  let jobs: ReturnType<typeof open> | undefined
  let server: http.Server | undefined

  const takeJob = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await readBody(request)
    const job = readSignedJob(webhook, body, request)
    if ('status' in job) return answer(response, job.status)
    await jobs?.accept(job)
    answer(response, 202)
  }

  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://stream.invalid')
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (request.method === 'POST' && url.pathname === '/jobs') return takeJob(request, response)
    if (isRead && url.pathname.startsWith('/stream/')) return files(request, response, url)
    answer(response, isRead && url.pathname === '/health' ? 200 : 404)
  }

  const part = createPart('stream-server', {
    async start() {
      jobs = open()
      await jobs.resume()
      server = http.createServer((request, response) => {
        serve(request, response).catch((error: Error) => {
          logger.error(`${request.method} ${request.url?.split('?')[0]}: ${error.message}`)
          if (!response.headersSent) answer(response, 500)
        })
      })
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
      return undefined
    },
    async stop() {
      server?.close()
      server?.closeAllConnections()
      await jobs?.stop()
    },
  })
  return Object.assign(part, { url: `http://127.0.0.1:${port}` })
}

type Refused = { readonly status: 400 | 401 }

function readSignedJob(
  webhook: Webhook,
  body: Buffer,
  request: IncomingMessage,
): z.output<typeof streamJob> | Refused {
  const header = (name: string) => String(request.headers[name] ?? '')
  try {
    const payload = webhook.verify(body.toString('utf8'), {
      'webhook-id': header('webhook-id'),
      'webhook-timestamp': header('webhook-timestamp'),
      'webhook-signature': header('webhook-signature'),
    })
    const job = streamJob.safeParse(payload)
    return job.success && job.data.job_id === header('webhook-id') ? job.data : { status: 400 }
  } catch (error) {
    if (error instanceof WebhookVerificationError) return { status: 401 }
    return { status: 400 }
  }
}

function createCallApi({ apiUrl, credentials }: StreamServerOptions): CallApi {
  const client = new AwsClient({ ...credentials, service: 'execute-api', region: REGION, retries: 0 })
  return (pathname, init) =>
    client.fetch(`${apiUrl}${pathname}`, {
      ...init,
      ...(init && { headers: { 'content-type': 'application/json' } }),
      signal: AbortSignal.timeout(10_000),
    })
}
