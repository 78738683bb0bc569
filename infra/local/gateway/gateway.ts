import { once } from 'node:events'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { Outcome } from '../lambda/outcome.ts'
import type { Logger } from '../log.ts'
import type { Template } from '../template.ts'
import { type Answer, gatewayAnswer, internalError, toAnswer } from './answer.ts'
import { createAuthorize, type VerifyGatewayCall } from './authorize.ts'
import { type CorsSettings, preflight, withCors } from './cors.ts'
import { type GatewayRequest, type Stage, toEvent, toGatewayRequest } from './event.ts'
import { createRouter, type Match, readRoutes } from './routes.ts'

export interface GatewayOptions {
  readonly template: Template
  readonly port: number
  readonly invoke: (target: string, payload: string) => Promise<Outcome>
  readonly verifyGatewayCall: VerifyGatewayCall
  /** The platform's own routes under `/_local`; undefined where it has none of that name. */
  readonly control: (method: string, path: string, body: Buffer) => Promise<Answer | undefined>
  /** The platform's own page; undefined for what is not of it. */
  readonly page: (request: GatewayRequest) => Promise<Answer | undefined>
  readonly logger: Logger
}

export interface Gateway {
  readonly url: string
  close(): Promise<void>
}

const BODY_LIMIT_BYTES = 10 * 1024 * 1024
const EVENT_LIMIT_BYTES = 6 * 1024 * 1024
const HEADER_LIMIT_BYTES = 10_240
const CONTROL_PREFIX = '/_local/'

/** The HTTP API of the template on a port of this machine. Its throttling is not applied. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { template, port, invoke, logger } = options
  const [api] = template.ofType('AWS::ApiGatewayV2::Api')
  if (!api) throw new Error('The template has no HTTP API')
  const route = createRouter(readRoutes(template, api))
  const cors = api.properties.CorsConfiguration as CorsSettings | undefined
  const stage: Stage = { apiId: api.ref, name: '$default', domainName: `127.0.0.1:${port}` }
  const authorize = createAuthorize({ stage, invoke, verifyGatewayCall: options.verifyGatewayCall, logger })

  async function handle(request: GatewayRequest): Promise<Answer> {
    if (request.rawPath.startsWith(CONTROL_PREFIX)) {
      const answer = await options.control(request.method, request.rawPath, request.body)
      return answer ?? gatewayAnswer(404, 'Not Found')
    }
    const shown = await options.page(request)
    if (shown) return shown
    const early = preflight(cors, request)
    if (early) return early
    const match = route(request.method, request.rawPath)
    const answer = match ? await serve(request, match) : gatewayAnswer(404, 'Not Found')
    return withCors(cors, request, answer)
  }

  async function serve(request: GatewayRequest, match: Match): Promise<Answer> {
    const permission = await authorize(request, match)
    if ('refusal' in permission) return permission.refusal
    const event = JSON.stringify(toEvent(request, match, stage, permission.authorizer))
    if (Buffer.byteLength(event) > EVENT_LIMIT_BYTES) return gatewayAnswer(413, 'Request Entity Too Large')
    const outcome = await within(match.route.timeoutMs, invoke(match.route.target, event))
    return outcome ? toAnswer(outcome) : gatewayAnswer(503, 'Service Unavailable')
  }

  async function respond(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(incoming)
    if (!body) return send(response, gatewayAnswer(413, 'Request Entity Too Large'), '')
    const request = toGatewayRequest(incoming, body)
    const answer = await handle(request).catch((error: Error) => {
      logger.error(`${request.method} ${request.rawPath} failed in the gateway: ${error.stack}`)
      return internalError()
    })
    send(response, answer, request.requestId)
    // What went well is told by its function, what did not may never have reached one.
    const say = answer.status < 400 ? logger.debug : logger.info
    say(`${request.method} ${request.rawPath} ${answer.status}`, {
      request_id: request.requestId,
      duration_ms: Date.now() - request.receivedAt.getTime(),
    })
  }

  const server = http.createServer({ maxHeaderSize: HEADER_LIMIT_BYTES }, (incoming, response) => {
    respond(incoming, response).catch((error: Error) => response.destroy(error))
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** The whole body, or undefined when it is over the limit. */
async function readBody(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming) {
    size += chunk.length
    // What is over the limit is read to its end and dropped, so that the client gets to hear the answer.
    if (size <= BODY_LIMIT_BYTES) chunks.push(chunk)
  }
  return size <= BODY_LIMIT_BYTES ? Buffer.concat(chunks) : undefined
}

/** The result, or undefined when it is not there in time; the function goes on, as it does there. */
async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => resolve(undefined), timeoutMs)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}

function send(response: ServerResponse, answer: Answer, requestId: string): void {
  response.writeHead(answer.status, {
    ...answer.headers,
    ...(answer.cookies && { 'set-cookie': [...answer.cookies] }),
    'apigw-requestid': requestId,
    ...(answer.status !== 204 && { 'content-length': Buffer.byteLength(answer.body) }),
  })
  response.end(answer.status === 204 ? undefined : answer.body)
}
