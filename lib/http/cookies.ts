import { parseCookie, stringifySetCookie } from 'cookie'
import type { SetCookie } from './route.ts'

/** As API Gateway passes them on: one string a cookie. Of two with one name the first counts. */
export const readCookies = (cookies: readonly string[] = []): Readonly<Record<string, string | undefined>> =>
  parseCookie(cookies.join('; '))

/** For this host alone, over TLS alone, out of reach of scripts and of other sites (`__Host-`, RFC 6265bis). */
export const writeCookie = ({ name, value, maxAge }: SetCookie): string =>
  stringifySetCookie({
    name,
    value,
    path: '/',
    secure: true,
    httpOnly: true,
    sameSite: 'strict',
    ...(value === '' ? { maxAge: 0 } : maxAge !== undefined && { maxAge }),
  })
