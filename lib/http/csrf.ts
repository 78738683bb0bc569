import { timingSafeEqual } from 'node:crypto'
import { randomToken } from '../auth/one-time-tokens.ts'
import { AppError } from '../errors.ts'
import { Reply, type Request } from './route.ts'

export const csrfCookie = '__Host-veza_csrf'

type Sent = Pick<Request, 'headers' | 'cookies'>

/**
 * What a call must show that is made with a cookie's authority: a header with the value of another cookie, which
 * only a page that may read our answers can know; and an origin of ours, where the browser names one.
 */
export function createCsrfGuard(corsOrigins: readonly string[]) {
  const isOurs = (origin: string, host: string | undefined) =>
    corsOrigins.includes(origin) || (URL.canParse(origin) && new URL(origin).host === host)

  return ({ headers, cookies }: Sent): void => {
    const { origin, host, 'x-csrf-token': token } = headers
    if (origin !== undefined && !isOurs(origin, host)) throw new AppError('csrf_failed')
    if (!isSame(token, cookies[csrfCookie])) throw new AppError('csrf_failed')
  }
}

/** Keeps a token that is there: another tab may have it already. */
export function giveCsrfToken({ cookies }: Pick<Sent, 'cookies'>) {
  const known = cookies[csrfCookie]
  const csrf_token = known && /^[\w-]{43}$/.test(known) ? known : randomToken()
  return new Reply({ csrf_token }, { cookies: [{ name: csrfCookie, value: csrf_token }] })
}

function isSame(one: string | undefined, other: string | undefined): boolean {
  if (!one || !other) return false
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
