import * as z from 'zod/mini'
import type { FieldCipher } from '../../auth/field-cipher.ts'
import { isOwnHeaderName, isOwnHeaderValue } from '../header-rules.ts'

const mostHeaders = 10
const mostBytes = 4_096

const name = z
  .string()
  .check(
    z.toLowerCase(),
    z.refine(isOwnHeaderName, { message: 'This header is not yours to set', params: { code: 'reserved' } }),
  )
const value = z
  .string()
  .check(z.trim(), z.refine(isOwnHeaderValue, 'It has visible characters of ASCII with blanks between'))

const bytesOf = (headers: Readonly<Record<string, string>>) =>
  Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length, 0)

const isSpelledOnce = (headers: Readonly<Record<string, string>>) => {
  const names = Object.keys(headers)
  return new Set(names.map((name) => name.toLowerCase())).size === names.length
}

/** What is sent along with every webhook, such as `authorization`; names go without case. */
export const headers = z.pipe(
  z.record(z.string(), z.string()).check(
    z.refine((given) => Object.keys(given).length <= mostHeaders, {
      message: `There may be ${mostHeaders} headers`,
      params: { code: 'too_big' },
    }),
    z.refine((given) => bytesOf(given) <= mostBytes, {
      message: `The headers may have ${mostBytes} bytes together`,
      params: { code: 'too_big' },
    }),
    z.refine(isSpelledOnce, { message: 'A header stands here twice', params: { code: 'duplicate' } }),
  ),
  z.record(name, value),
)
export type Headers = z.output<typeof headers>

interface Sealed {
  readonly header_names: readonly string[]
  readonly sealed_headers: string | null
}

/** The names can be shown; what they are set to may let somebody in at the receiver, so nobody reads that again. */
export const sealHeaders = async (cipher: FieldCipher, headers: Headers): Promise<Sealed> => {
  const header_names = Object.keys(headers).toSorted()
  if (header_names.length === 0) return { header_names, sealed_headers: null }
  return { header_names, sealed_headers: await cipher.seal(JSON.stringify(headers)) }
}

export const openHeaders = async (cipher: FieldCipher, sealed: string | null): Promise<Headers> =>
  sealed === null ? {} : JSON.parse(await cipher.open(sealed))
