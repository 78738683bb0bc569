import * as z from 'zod/mini'

export const secretPrefix = 'whsec_'
const fewestBytes = 24
const mostBytes = 64

/** One of the client's own. */
export const secret = z.string().check(
  z.maxLength(200),
  z.refine(isSecret, {
    message: `It is ${secretPrefix} and ${fewestBytes} to ${mostBytes} bytes in base64`,
    params: { code: 'invalid_format' },
  }),
)

function isSecret(text: string): boolean {
  const encoded = text.slice(secretPrefix.length)
  const bytes = Buffer.from(encoded, 'base64')
  const isCanonical = text.startsWith(secretPrefix) && bytes.toString('base64') === encoded
  return isCanonical && bytes.length >= fewestBytes && bytes.length <= mostBytes
}
