import { Secret, TOTP } from 'otpauth'
import { authRoutes } from '../../functions/auth/routes.ts'
import { signedIn } from '../../lib/sessions/schemas.ts'
import type { createAccountsApi } from './accounts.ts'
import { password } from './accounts.ts'

type Api = ReturnType<typeof createAccountsApi>

/** The login of an account with two factors. */
export const twoFactorLogin = { ...authRoutes.login, response: authRoutes.login.response.def.options[1] }
export const fullLogin = { ...authRoutes.login, response: signedIn }

/** What an authenticator app does. */
export function createApp(secret: string, now: () => Date) {
  const totp = new TOTP({ algorithm: 'SHA1', digits: 6, period: 30, secret: Secret.fromBase32(secret) })
  return (offsetSeconds = 0) => totp.generate({ timestamp: now().getTime() + offsetSeconds * 1_000 })
}

/** A signed-in user who has turned the second factor on. `nextCode` waits for a code that was not used yet. */
export async function enrol(api: Api) {
  const { request, clock } = api
  const user = await api.signIn()
  const { body: setup } = await request(authRoutes.setUpTwoFactor, { token: user.access_token })
  const codeNow = createApp(setup.secret, clock.now)
  const { body, status, text } = await request(authRoutes.enableTwoFactor, {
    token: user.access_token,
    body: { code: codeNow() },
  })
  if (status !== 200) throw new Error(text)
  const nextCode = () => {
    clock.advance(30)
    return codeNow()
  }
  const challenge = async (options: object = {}, device?: string) => {
    const answer = await request(twoFactorLogin, {
      body: { identifier: user.username, password, ...options },
      ...(device && { headers: { 'x-device-token': device } }),
    })
    return answer.body.mfa_token
  }
  return { ...user, ...body, codeNow, nextCode, challenge }
}
