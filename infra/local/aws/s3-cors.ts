import type { IncomingMessage, ServerResponse } from 'node:http'
import { AwsError } from './aws-error.ts'

interface CorsRule {
  readonly AllowedOrigins: readonly string[]
  readonly AllowedMethods: readonly string[]
  readonly AllowedHeaders?: readonly string[]
  readonly ExposedHeaders?: readonly string[]
  readonly MaxAge?: number
}

export type CorsRules = readonly CorsRule[]

const VARY = 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method'

/** A browser asks before it writes; the answer carries no data and so no signature is asked for. */
export function answerPreflight(incoming: IncomingMessage, response: ServerResponse, rules: CorsRules): void {
  response.writeHead(200, preflightHeaders(incoming, rules)).end()
}

/** Throws where no rule allows what is asked. */
export function preflightHeaders(incoming: IncomingMessage, rules: CorsRules): Record<string, string> {
  const { origin } = incoming.headers
  const method = incoming.headers['access-control-request-method']
  if (!origin || !method) {
    throw new AwsError(
      'BadRequest',
      400,
      'Insufficient information. Origin and Access-Control-Request-Method are needed.',
    )
  }
  const asked = splitList(incoming.headers['access-control-request-headers'])
  const rule = rules.find(
    (rule) =>
      allows(rule, origin, method) &&
      asked.every((header) =>
        (rule.AllowedHeaders ?? []).some((pattern) => wildcard(pattern.toLowerCase(), header)),
      ),
  )
  if (!rule) throw new AwsError('AccessForbidden', 403, 'CORSResponse: This CORS request is not allowed.')
  return {
    ...allowedHeaders(rule, origin),
    'access-control-allow-methods': rule.AllowedMethods.join(', '),
    ...(asked.length > 0 && { 'access-control-allow-headers': asked.join(', ') }),
    ...(rule.MaxAge !== undefined && { 'access-control-max-age': String(rule.MaxAge) }),
  }
}

/** On every other answer, a refusal too: without these a browser would not even tell its page the status. */
export function addCorsHeaders(incoming: IncomingMessage, response: ServerResponse, rules: CorsRules): void {
  const { origin } = incoming.headers
  if (!origin) return
  const rule = rules.find((rule) => allows(rule, origin, incoming.method ?? ''))
  if (!rule) return
  for (const [name, value] of Object.entries(allowedHeaders(rule, origin))) response.setHeader(name, value)
}

function allowedHeaders(rule: CorsRule, origin: string): Record<string, string> {
  const anyOrigin = rule.AllowedOrigins.includes('*')
  return {
    'access-control-allow-origin': anyOrigin ? '*' : origin,
    ...(!anyOrigin && { 'access-control-allow-credentials': 'true' }),
    ...(rule.ExposedHeaders?.length && { 'access-control-expose-headers': rule.ExposedHeaders.join(', ') }),
    vary: VARY,
  }
}

const allows = (rule: CorsRule, origin: string, method: string) =>
  rule.AllowedMethods.includes(method) && rule.AllowedOrigins.some((pattern) => wildcard(pattern, origin))

const splitList = (header: string | undefined) =>
  (header ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '')

/** S3's patterns hold at most one asterisk. */
function wildcard(pattern: string, text: string): boolean {
  const [before = '', after] = pattern.split('*')
  if (after === undefined) return pattern === text
  return text.length >= before.length + after.length && text.startsWith(before) && text.endsWith(after)
}
