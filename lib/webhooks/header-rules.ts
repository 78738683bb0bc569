/** What the sender or the connection sets; a header of the receiver's own may not take its place. */
const reservedNames = new Set([
  'accept',
  'accept-charset',
  'accept-encoding',
  'cache-control',
  'connection',
  'cookie',
  'cookie2',
  'date',
  'expect',
  'forwarded',
  'from',
  'host',
  'http2-settings',
  'keep-alive',
  'max-forwards',
  'origin',
  'pragma',
  'range',
  'referer',
  'set-cookie',
  'te',
  'traceparent',
  'tracestate',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'via',
  'x-real-ip',
  'x-request-id',
])
const reservedPrefixes = [
  'cf-',
  'content-',
  'if-',
  'proxy-',
  'sec-',
  'svix-',
  'veza-',
  'webhook-',
  'x-amz-',
  'x-amzn-',
  'x-forwarded-',
  'x-goog-',
]

/** Whether a header of this name may be sent along with webhooks. */
export function isOwnHeaderName(name: string): boolean {
  const lower = name.toLowerCase()
  return (
    /^[a-z0-9!#$%&'*+.^_`|~-]{1,128}$/.test(lower) &&
    !reservedNames.has(lower) &&
    !reservedPrefixes.some((prefix) => lower.startsWith(prefix))
  )
}

/** Whether it may be the value of one: visible ASCII with blanks between, so that it ends no line. */
export const isOwnHeaderValue = (value: string): boolean =>
  /^[\x21-\x7e]+(?:[ \t]+[\x21-\x7e]+)*$/.test(value)
