import { isUtf8 } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { ACCOUNT } from '../template.ts'
import type { Match } from './routes.ts'

/** A request with its body read. */
export interface GatewayRequest {
  readonly method: string
  readonly rawPath: string
  readonly rawQueryString: string
  readonly headers: Readonly<Record<string, string>>
  /** As they came, for a signature covers what was sent. */
  readonly sentHeaders: IncomingHttpHeaders
  readonly cookies: readonly string[]
  readonly body: Buffer
  readonly sourceIp: string
  readonly requestId: string
  readonly receivedAt: Date
  readonly protocol: string
}

export interface Stage {
  readonly apiId: string
  readonly name: string
  readonly domainName: string
}

/** Names the caller of a test, so that one machine can be many people; nothing in the template knows it. */
export const CLIENT_IP_HEADER = 'x-local-client-ip'

export function toGatewayRequest(incoming: IncomingMessage, body: Buffer): GatewayRequest {
  const url = incoming.url ?? '/'
  const query = url.indexOf('?')
  const claimed = String(incoming.headers[CLIENT_IP_HEADER] ?? '')
  const sourceIp = isIP(claimed) ? claimed : addressOf(incoming)
  return {
    method: incoming.method ?? 'GET',
    rawPath: query < 0 ? url : url.slice(0, query),
    rawQueryString: query < 0 ? '' : url.slice(query + 1),
    headers: headersOf(incoming, sourceIp),
    sentHeaders: incoming.headers,
    cookies: (incoming.headersDistinct.cookie ?? []).flatMap((header) => header.split(/; */)).filter(Boolean),
    body,
    sourceIp,
    // As API Gateway makes them: base64, padding and all.
    requestId: `${randomBytes(11).toString('base64url')}=`,
    receivedAt: new Date(),
    protocol: `HTTP/${incoming.httpVersion}`,
  }
}

function addressOf({ socket }: IncomingMessage): string {
  return (socket.remoteAddress ?? '127.0.0.1').replace(/^::ffff:/, '')
}

function headersOf(incoming: IncomingMessage, sourceIp: string): Record<string, string> {
  const {
    cookie: _cookies,
    [CLIENT_IP_HEADER]: _ip,
    connection: _connection,
    ...given
  } = incoming.headersDistinct
  const headers = Object.fromEntries(
    Object.entries(given).map(([name, values]) => [name, values?.join(',') ?? '']),
  )
  return {
    ...headers,
    'x-forwarded-for': headers['x-forwarded-for'] ? `${headers['x-forwarded-for']}, ${sourceIp}` : sourceIp,
    'x-forwarded-port': String(incoming.socket.localPort ?? ''),
    'x-forwarded-proto': 'http',
  }
}

/** The caller, as the authorizer or IAM vouches for it. */
export type Authorized = { readonly lambda: object } | { readonly iam: object }

/** Payload format 2.0. */
export function toEvent(
  request: GatewayRequest,
  { route, params }: Match,
  stage: Stage,
  authorizer: Authorized | undefined,
): APIGatewayProxyEventV2 {
  const query = toQuery(request.rawQueryString)
  const isBase64Encoded = request.body.length > 0 && !isText(request)
  return {
    version: '2.0',
    routeKey: route.key,
    rawPath: request.rawPath,
    rawQueryString: request.rawQueryString,
    ...(request.cookies.length > 0 && { cookies: [...request.cookies] }),
    headers: request.headers,
    ...(query && { queryStringParameters: query }),
    requestContext: toRequestContext(request, route.key, stage, authorizer),
    ...(Object.keys(params).length > 0 && { pathParameters: params }),
    ...(request.body.length > 0 && { body: request.body.toString(isBase64Encoded ? 'base64' : 'utf8') }),
    isBase64Encoded,
  }
}

/** What an authorizer gets: the request without its body. */
export function toAuthorizerEvent(
  request: GatewayRequest,
  match: Match,
  stage: Stage,
  identitySource: readonly string[],
) {
  const {
    body: _body,
    isBase64Encoded: _encoded,
    ...event
  } = toEvent({ ...request, body: NO_BODY }, match, stage, undefined)
  return { ...event, type: 'REQUEST', routeArn: routeArn(stage, request), identitySource }
}

const NO_BODY = Buffer.alloc(0)

/** What `execute-api:Invoke` is asked about: the path as called, not as the route table writes it. */
export function routeArn(stage: Stage, { method, rawPath }: GatewayRequest): string {
  return `arn:aws:execute-api:us-east-1:${ACCOUNT}:${stage.apiId}/${stage.name}/${method}${rawPath}`
}

function toRequestContext(
  request: GatewayRequest,
  routeKey: string,
  stage: Stage,
  authorizer: Authorized | undefined,
): APIGatewayProxyEventV2['requestContext'] {
  const context = {
    accountId: ACCOUNT,
    apiId: stage.apiId,
    domainName: stage.domainName,
    domainPrefix: stage.domainName.split('.')[0] ?? '',
    http: {
      method: request.method,
      path: request.rawPath,
      protocol: request.protocol,
      sourceIp: request.sourceIp,
      userAgent: request.headers['user-agent'] ?? '',
    },
    requestId: request.requestId,
    routeKey,
    stage: stage.name,
    time: commonLogTime(request.receivedAt),
    timeEpoch: request.receivedAt.getTime(),
  }
  return authorizer ? ({ ...context, authorizer } as typeof context) : context
}

function toQuery(raw: string): Record<string, string> | undefined {
  if (raw === '') return undefined
  const query: Record<string, string> = {}
  for (const [name, value] of new URLSearchParams(raw)) {
    query[name] = name in query ? `${query[name]},${value}` : value
  }
  return query
}

const TEXT = /^(text\/.*|application\/(.*\+)?(json|xml|javascript))$/

/** Bytes that are no UTF-8 stay bytes whatever they are called, so that the function sees what was sent. */
function isText({ headers, body }: GatewayRequest): boolean {
  const type = (headers['content-type'] ?? 'text/plain').split(';')[0]?.trim().toLowerCase() ?? ''
  return TEXT.test(type) && isUtf8(body)
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `12/Mar/2026:19:03:58 +0000` */
function commonLogTime(date: Date): string {
  const iso = date.toISOString()
  return `${iso.slice(8, 10)}/${MONTHS[date.getUTCMonth()]}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`
}
