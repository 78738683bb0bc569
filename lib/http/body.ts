import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { AppError } from '../errors.ts'

const largestBody = 1024 * 1024
const deepestNesting = 64
const nothing = Buffer.alloc(0)
const jsonType = /^application\/([a-z\d.+-]+\+)?json\s*(;|$)/i

/** The body's bytes as sent; anything over 1 MiB is refused. */
export function readBytes({ body, isBase64Encoded }: APIGatewayProxyEventV2): Buffer {
  if (!body) return nothing
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8')
  if (bytes.length > largestBody) throw new AppError('payload_too_large', 'A body may have 1 MiB at most')
  return bytes
}

/** The JSON value of a body; `undefined` where none was sent. */
export async function readJson(event: APIGatewayProxyEventV2, bytes: Buffer): Promise<unknown> {
  if (bytes.length === 0) return undefined
  if (!jsonType.test(event.headers['content-type'] ?? ''))
    throw new AppError('unsupported_media_type', 'Send the body as application/json')
  const body = event.isBase64Encoded ? decode(bytes) : wellFormed(event.body ?? '')
  refuseDeepNesting(body)
  const parsed = { event: { headers: event.headers, body, isBase64Encoded: false } }
  try {
    const { before } = await loadParser()
    before?.(parsed as never)
  } catch (error) {
    throw refusalOf(error)
  }
  return parsed.event.body
}

/**
 * Loaded by the first body, because it brings `node:http` along (4 ms of start). Text in the database can
 * hold neither NUL nor half of a surrogate pair, and JSON can spell both.
 */
async function loadParser() {
  const { default: parseJsonBody } = await import('@middy/http-json-body-parser')
  return parseJsonBody({
    reviver: (key, value) => {
      wellFormed(key)
      return typeof value === 'string' ? wellFormed(value) : value
    },
  })
}

export const isStorable = (text: string) => text.isWellFormed() && !text.includes('\0')

function wellFormed(text: string): string {
  if (!isStorable(text))
    throw new AppError('invalid_request', 'The body holds characters that no text can have')
  return text
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new AppError('invalid_request', 'The body is not UTF-8', { cause })
  }
}

/** Counted in the text, for both the parser's reviver and whoever walks the value later are recursive. */
function refuseDeepNesting(text: string) {
  let depth = 0
  let isString = false
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i)
    if (isString) {
      if (char === backslash) i++
      else if (char === quote) isString = false
    } else if (char === quote) isString = true
    else if (char === openBrace || char === openBracket) depth++
    else if (char === closeBrace || char === closeBracket) depth--
    if (depth > deepestNesting) throw new AppError('invalid_request', 'The body is nested too deeply')
  }
}
const [quote, backslash, openBrace, closeBrace, openBracket, closeBracket] = [34, 92, 123, 125, 91, 93]

/**
 * The parser says 422 for what cannot be read at all; here that is 400, and 422 is for a wrong value. Its
 * errors hold the whole body, so they go no further than this.
 */
function refusalOf(error: unknown): AppError {
  if ((error as Error).message.startsWith('Forbidden key')) {
    return new AppError('validation_failed', 'The body holds a key that is not allowed')
  }
  return new AppError('invalid_request', 'The body is not JSON, or holds characters that no text can have')
}
