import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Caller, Principals } from '../principals.ts'
import type { Template } from '../template.ts'
import { authenticate } from './authenticate.ts'
import { AwsError, notImplemented } from './aws-error.ts'
import { type AwsRequest, type AwsService, failJson, type Operation } from './aws-service.ts'
import type { BackEnds } from './back-ends.ts'
import { createEventBus } from './event-bus.ts'
import { createGatewayVerifier, type GatewayCall } from './gateway-auth.ts'
import { holdAnswer } from './hold-answer.ts'
import { type Authorizer, createAuthorizer, type Decision } from './iam.ts'
import type { Usage } from './iam-usage.ts'
import { createLambdaService, type InvokeFunction } from './lambda-service.ts'
import type { Logger } from './logger.ts'
import { createMailSimulator } from './mail-simulator.ts'
import type { Need } from './need.ts'
import { readBody } from './read-body.ts'
import { createS3Service } from './s3.ts'
import { createNotifications } from './s3-notifications.ts'
import { createRotations } from './secret-rotation.ts'
import { createSecretsService } from './secrets-service.ts'
import { createSesService } from './ses.ts'
import { readSignature } from './sigv4.ts'
import { createSqsService } from './sqs-service.ts'

/** A call that was answered: refused ones too. */
export interface AwsCall {
  readonly principal: string
  /** As AWS names the operation: `s3:CopyObject`, `sqs:SendMessageBatch`. */
  readonly action: string
  readonly resource: string
  readonly allowed: boolean
  readonly status: number
  /** Which invocation of a function it was: the runtime sets it, and the SDK passes it on. */
  readonly traceId?: string
}

export type CallListener = (call: AwsCall) => void | Promise<void>

export interface FrontDoor {
  readonly url: string
  close(): Promise<void>
  verifyGatewayCall(call: GatewayCall): Promise<{ readonly principal: Caller } | { readonly problem: string }>
  /** For what a service does in a principal's name without a request: an event source mapping, a schedule. */
  authorize(principalName: string, action: string, resource: string): Promise<Decision>
  /** For what an AWS service does on behalf of a resource: a distribution that reads a bucket. */
  readonly authorizeService: Authorizer['authorizeService']
  /** Told when the back end is done and before the caller is. Returns how to stop listening. */
  onCall(listener: CallListener): () => void
  usage(): Usage
}

export interface FrontDoorOptions {
  readonly template: Template | Omit<Template, 'assetPath'>
  readonly principals: Principals
  readonly parts: BackEnds
  readonly invokeFunction: InvokeFunction
  readonly logger: Logger
  readonly port?: number
  readonly now?: () => Date
}

/** The one place where AWS is called: who is it, what do they want, may they, and only then the service. */
export async function startFrontDoor(options: FrontDoorOptions): Promise<FrontDoor> {
  const { template, principals, parts, logger, now = () => new Date() } = options
  const authorizer = createAuthorizer(template, logger)
  const notifications = createNotifications(template, { queues: parts.queues, authorizer, logger })
  const bus = createEventBus(template, { queues: parts.queues, authorizer, logger })
  const s3 = createS3Service(parts.objects, (event) => notifications.publish({ ...event, at: now() }))
  const services: readonly AwsService[] = [
    s3,
    createSqsService(parts.queues),
    createSecretsService({
      secrets: parts.secrets,
      rotations: createRotations({
        template,
        secrets: parts.secrets,
        invokeFunction: options.invokeFunction,
        logger,
      }),
    }),
    createSesService({ mailbox: parts.mailbox, template, onSent: createMailSimulator(template, bus), now }),
    createLambdaService(options.invokeFunction),
  ]
  const listeners = new Set<CallListener>()

  const serve = async (incoming: IncomingMessage, response: ServerResponse) => {
    const request = {
      incoming,
      method: incoming.method ?? 'GET',
      path: incoming.url ?? '/',
      requestId: randomUUID(),
      body: Buffer.alloc(0),
    }
    let service: AwsService = unknownService
    try {
      const signature = readSignature({
        method: request.method,
        path: request.path,
        headers: incoming.headers,
      })
      // What carries no signature is taken for a browser at S3: a preflight, or somebody without rights.
      service = services.find(({ name }) => name === (signature?.service ?? 's3')) ?? unknownService
      service.decorate?.(response, request)
      if (request.method === 'OPTIONS' && service === s3) return s3.preflight(request, response)
      const body = service.streams ? undefined : await readWhole(incoming, response)
      const signed = { method: request.method, path: request.path, headers: incoming.headers }
      const caller = authenticate(signed, signature, { principals, now: now(), service: service.name, body })
      await perform(service, { ...request, body: body ?? request.body }, caller, response)
    } catch (error) {
      refuse(service, request, response, error)
    }
  }

  const perform = async (
    service: AwsService,
    request: AwsRequest,
    caller: Caller,
    response: ServerResponse,
  ) => {
    const operation = await service.identify(request)
    const resource = operation.needs[0]?.resource ?? '*'
    const traceId = request.incoming.headers['x-amzn-trace-id']
    let allowed = false
    holdAnswer(response, async () => {
      const call = {
        principal: caller.name,
        action: operation.name,
        resource,
        allowed,
        status: response.statusCode,
        ...(typeof traceId === 'string' && { traceId }),
      }
      for (const listener of listeners) await listener(call)
    })
    await demand(caller, operation)
    allowed = true
    if (service.streams) letSend(request.incoming, response)
    await operation.run(response)
  }

  const demand = async (caller: Caller, operation: Operation) => {
    const decisions = await Promise.all(
      operation.needs.map((need: Need) => authorizer.authorize(caller, need)),
    )
    const refused = decisions.find(({ allowed }) => !allowed)
    if (refused) throw new AwsError('AccessDenied', 403, refused.message ?? 'Access Denied')
  }

  const refuse = (service: AwsService, request: AwsRequest, response: ServerResponse, error: unknown) => {
    const answer =
      error instanceof AwsError
        ? error
        : new AwsError('InternalError', 500, 'We encountered an internal error.')
    if (answer !== error)
      logger.error(
        `${request.method} ${request.path.split('?')[0]}: ${error instanceof Error ? error.stack : error}`,
      )
    if (response.headersSent) return void response.destroy()
    // A client that was not told to go on may send its body or not: only a new connection is sure to be in step.
    if (request.incoming.headers.expect && !request.incoming.complete)
      response.setHeader('connection', 'close')
    // A body nobody wants is read to its end, or the client would see a broken pipe instead of the answer.
    request.incoming.resume()
    service.fail(response, answer, request)
  }

  const server = http.createServer({ requestTimeout: 0, keepAliveTimeout: 60_000 })
  // Node would date its answers by the real clock, and an SDK sets its own clock right by what it is answered.
  const dated = (incoming: IncomingMessage, response: ServerResponse) => {
    response.setHeader('date', now().toUTCString())
    void serve(incoming, response)
  }
  server.on('request', dated).on('checkContinue', dated)
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close()
      server.closeAllConnections()
      if (server.listening) await once(server, 'close')
    },
    verifyGatewayCall: createGatewayVerifier({ principals, authorizer, now }),
    async authorize(principalName, action, resource) {
      const principal = principals.byName(principalName)
      if (!principal) return { allowed: false, message: `Nobody is called ${principalName}` }
      return authorizer.authorize(principal, { action, resource })
    },
    authorizeService: authorizer.authorizeService,
    onCall(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    usage: () => authorizer.usage(principals.callers),
  }
}

/** A client that asked first sends its gigabyte only once it is known to be welcome. */
function letSend(incoming: IncomingMessage, response: ServerResponse): void {
  if (incoming.headers.expect) response.writeContinue()
}

function readWhole(incoming: IncomingMessage, response: ServerResponse): Promise<Buffer> {
  letSend(incoming, response)
  return readBody(incoming)
}

const unknownService: AwsService = {
  name: 'unknown',
  streams: false,
  identify({ incoming }) {
    throw notImplemented(`the service of ${incoming.method} ${incoming.url}`)
  },
  fail: failJson({ contentType: 'application/json' }),
}
