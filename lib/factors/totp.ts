import { Secret, TOTP } from 'otpauth'

const periodSeconds = 30
/** What every authenticator app can do; some ignore what else the URI asks for (RFC 6238, 1.2). */
const settings = { algorithm: 'SHA1', digits: 6, period: periodSeconds } as const

/** 160 bits, as RFC 4226 recommends; in base32. */
export const newTotpSecret = () => new Secret({ size: 20 }).base32

export const totpUri = (secret: string, label: string) =>
  new TOTP({ ...settings, issuer: 'Veza', label, secret }).toString()

/** The step whose code this is: the present one or a neighbour, for clocks that differ. Takes constant time. */
export function matchStep(secret: string, code: string, now: Date): number | undefined {
  // The library throws on digits that are of another script.
  if (!/^\d{6}$/.test(code)) return undefined
  const timestamp = now.getTime()
  const totp = { ...settings, secret: Secret.fromBase32(secret), timestamp }
  const delta = TOTP.validate({ ...totp, token: code, window: 1 })
  return delta === null ? undefined : TOTP.counter({ period: periodSeconds, timestamp }) + delta
}
