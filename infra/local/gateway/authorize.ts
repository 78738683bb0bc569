import type { IncomingHttpHeaders } from 'node:http'
import type { Outcome } from '../lambda/outcome.ts'
import type { Logger } from '../log.ts'
import { type Answer, gatewayAnswer, internalError } from './answer.ts'
import { type Authorized, type GatewayRequest, routeArn, type Stage, toAuthorizerEvent } from './event.ts'
import type { AuthorizerSettings, Match } from './routes.ts'

export type Permission = { readonly authorizer: Authorized | undefined } | { readonly refusal: Answer }

/** The SigV4 half of the front door, as it checks a call of an `AWS_IAM` route. */
export type VerifyGatewayCall = (call: {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly resourceArn: string
}) => Promise<{ readonly principal: IamCaller } | { readonly problem: string }>

export interface IamCaller {
  readonly name: string
  readonly arn: string
  readonly accessKeyId: string
}

export interface AuthorizeOptions {
  readonly stage: Stage
  readonly invoke: (target: string, payload: string) => Promise<Outcome>
  readonly verifyGatewayCall: VerifyGatewayCall
  readonly logger: Logger
  readonly now?: () => number
}

interface Verdict {
  readonly isAuthorized: boolean
  readonly context: object
}

interface Remembered {
  readonly verdict: Verdict
  readonly expiresAt: number
}

const CACHE_ENTRIES = 1_000
const refuse = (status: number, message: string): Permission => ({ refusal: gatewayAnswer(status, message) })

/** Decides on each call as the route's authorization says, before the function is asked. */
export function createAuthorize({
  stage,
  invoke,
  verifyGatewayCall,
  logger,
  now = Date.now,
}: AuthorizeOptions) {
  const remembered = new Map<string, Remembered>()

  async function byIam(request: GatewayRequest): Promise<Permission> {
    const verified = await verifyGatewayCall({
      method: request.method,
      path: request.rawQueryString ? `${request.rawPath}?${request.rawQueryString}` : request.rawPath,
      headers: request.sentHeaders,
      body: request.body,
      resourceArn: routeArn(stage, request),
    })
    if ('problem' in verified) {
      logger.warn(`${request.method} ${request.rawPath} refused: ${verified.problem}`)
      return refuse(403, 'Forbidden')
    }
    const { arn, accessKeyId, name } = verified.principal
    const accountId = arn.split(':')[4]
    return {
      authorizer: { iam: { accessKey: accessKeyId, accountId, callerId: name, userArn: arn, userId: name } },
    }
  }

  async function byLambda(
    settings: AuthorizerSettings,
    request: GatewayRequest,
    match: Match,
  ): Promise<Permission> {
    const sources = settings.identitySources.map((source) => identityOf(source, request, match))
    if (sources.some((source) => !source)) return refuse(401, 'Unauthorized')
    const identity = sources as string[]
    const key = JSON.stringify([settings.id, ...identity])
    const verdict = recall(key) ?? (await ask(settings, request, match, identity))
    if (!verdict) return { refusal: internalError() }
    remember(key, verdict, settings.ttlSeconds)
    return verdict.isAuthorized ? { authorizer: { lambda: verdict.context } } : refuse(403, 'Forbidden')
  }

  async function ask(
    settings: AuthorizerSettings,
    request: GatewayRequest,
    match: Match,
    identity: string[],
  ) {
    const event = toAuthorizerEvent(request, match, stage, identity)
    const { payload, functionError } = await invoke(settings.target, JSON.stringify(event))
    const verdict = functionError ? undefined : JSON.parse(payload)
    if (typeof verdict?.isAuthorized === 'boolean') {
      return { isAuthorized: verdict.isAuthorized, context: verdict.context ?? {} } as Verdict
    }
    logger.error(`The authorizer of ${match.route.key} gave no verdict: ${payload.slice(0, 500)}`)
    return undefined
  }

  function recall(key: string): Verdict | undefined {
    const found = remembered.get(key)
    return found && found.expiresAt > now() ? found.verdict : undefined
  }

  function remember(key: string, verdict: Verdict, ttlSeconds: number): void {
    if (ttlSeconds === 0 || recall(key)) return
    const oldest = remembered.keys().next()
    if (remembered.size >= CACHE_ENTRIES && !oldest.done) remembered.delete(oldest.value)
    remembered.delete(key)
    remembered.set(key, { verdict, expiresAt: now() + ttlSeconds * 1000 })
  }

  return async (request: GatewayRequest, match: Match): Promise<Permission> => {
    const { authorization, authorizer } = match.route
    if (authorization === 'AWS_IAM') return byIam(request)
    if (authorization === 'CUSTOM' && authorizer) return byLambda(authorizer, request, match)
    if (authorization === 'NONE') return { authorizer: undefined }
    throw new Error(`${match.route.key}: authorization ${authorization} does not run here`)
  }
}

function identityOf(source: string, request: GatewayRequest, { route }: Match): string | undefined {
  const [, kind, name] = /^\$request\.(header|querystring)\.(.+)$/.exec(source) ?? []
  if (kind === 'header') return request.headers[name!.toLowerCase()]
  if (kind === 'querystring') return new URLSearchParams(request.rawQueryString).get(name!) ?? undefined
  if (source === '$context.routeKey') return route.key
  throw new Error(`The identity source ${source} does not run here`)
}
