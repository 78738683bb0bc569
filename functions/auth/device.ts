import type { Request } from '../../lib/http/route.ts'

export const deviceCookie = '__Host-veza_device'

/** As long as browsers keep a cookie at most. */
export const deviceCookieSeconds = 400 * 24 * 60 * 60

/** What this browser or app is known by, from its cookie or, where there is none, from its header. */
export const readDevice = ({ cookies, headers }: Pick<Request, 'cookies' | 'headers'>) =>
  cookies[deviceCookie] || headers['x-device-token'] || undefined
