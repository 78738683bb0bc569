import { createHmac, timingSafeEqual } from 'node:crypto'

/** What the Rust stream server takes: no slash, so no name leads out of its directory. */
const NAME = /^[A-Za-z0-9._ -]{1,255}$/
/** It also takes a URL for this long after its end. */
const TOLERANCE_SECONDS = 300

export function signName(secret: string, name: string, expires: number): string {
  return createHmac('sha256', secret).update(`${name}:${expires}`).digest('hex')
}

export function streamQuery(secret: string, name: string, expires: number): string {
  return `?expires=${expires}&sig=${signName(secret, name, expires)}`
}

export type Verdict = { readonly expires: number } | { readonly status: 400 | 403 }

/** Whether this signed URL may be read now: 400 where something is missing or malformed, 403 where it is not ours. */
export function verifyStreamUrl(secret: string, name: string, query: URLSearchParams, now: Date): Verdict {
  const expires = query.get('expires') ?? ''
  const signature = query.get('sig') ?? ''
  if (!NAME.test(name) || name.includes('..') || !/^\d{1,12}$/.test(expires) || signature === '')
    return { status: 400 }
  const expected = Buffer.from(signName(secret, name, Number(expires)))
  const given = Buffer.from(signature)
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return { status: 403 }
  if (Math.floor(now.getTime() / 1000) > Number(expires) + TOLERANCE_SECONDS) return { status: 403 }
  return { expires: Number(expires) }
}
