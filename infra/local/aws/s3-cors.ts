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
  setAllowed(response, rule, origin)
  response.setHeader('access-control-allow-methods', rule.AllowedMethods.join(', '))
  if (asked.length > 0) response.setHeader('access-control-allow-headers', asked.join(', '))
  if (rule.MaxAge !== undefined) response.setHeader('access-control-max-age', rule.MaxAge)
  response.writeHead(200).end()
}

/** On every other answer, a refusal too: without these a browser would not even tell its page the status. */
export function addCorsHeaders(incoming: IncomingMessage, response: ServerResponse, rules: CorsRules): void {
  const { origin } = incoming.headers
  if (!origin) return
  const rule = rules.find((rule) => allows(rule, origin, incoming.method ?? ''))
  if (rule) setAllowed(response, rule, origin)
}

function setAllowed(response: ServerResponse, rule: CorsRule, origin: string): void {
  const anyOrigin = rule.AllowedOrigins.includes('*')
  response.setHeader('access-control-allow-origin', anyOrigin ? '*' : origin)
  if (!anyOrigin) response.setHeader('access-control-allow-credentials', 'true')
  if (rule.ExposedHeaders?.length)
    response.setHeader('access-control-expose-headers', rule.ExposedHeaders.join(', '))
  response.setHeader('vary', VARY)
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
