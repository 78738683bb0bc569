import type { Outcome } from '../lambda/outcome.ts'

/** What goes back to the client. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly cookies?: readonly string[]
  readonly body: Buffer | string
}

/** A refusal or failure in the gateway's own words; HTTP APIs allow no other. */
export const gatewayAnswer = (status: number, message: string): Answer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ message }),
})

export const internalError = () => gatewayAnswer(500, 'Internal Server Error')

/** Headers of the connection are the gateway's to set. */
const OWN_HEADERS = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding', 'upgrade'])

/** The function's answer, as payload format 2.0 reads it; one that cannot be read is a 500. */
export function toAnswer({ payload, functionError }: Outcome): Answer {
  if (functionError) return internalError()
  const result: unknown = JSON.parse(payload)
  if (!isObject(result) || result.statusCode === undefined) {
    return { status: 200, headers: { 'content-type': 'application/json' }, body: payload }
  }
  const status = Number(result.statusCode)
  const { body = '', headers = {}, cookies, isBase64Encoded } = result
  if (!Number.isInteger(status) || status < 200 || status > 599) return internalError()
  if (typeof body !== 'string' || !isObject(headers)) return internalError()
  return {
    status,
    headers: { 'content-type': 'text/plain;charset=utf-8', ...toHeaders(headers) },
    ...(Array.isArray(cookies) && { cookies: cookies.map(String) }),
    body: isBase64Encoded ? Buffer.from(body, 'base64') : body,
  }
}

function toHeaders(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      .map(([name, value]) => [name.toLowerCase(), String(value)] as const)
      .filter(([name]) => !OWN_HEADERS.has(name)),
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
