import { authRoutes } from '../../functions/auth/routes.ts'
import type { createAccountsApi } from './accounts.ts'
import type { CallOptions } from './api.ts'
import type { Authenticator, Ceremony } from './authenticator.ts'

type Api = ReturnType<typeof createAccountsApi>

/** The ceremonies as a page runs them, against this API. */
export function createCeremonies({ request }: Api) {
  const begin = async (token: string) => {
    const { body, status, text } = await request(authRoutes.getPasskeyOptions, { token })
    if (status !== 200) throw new Error(text)
    return body
  }

  const add = async (token: string, authenticator: Authenticator, how: Ceremony = {}, name?: string) => {
    const { challenge_token, options } = await begin(token)
    const credential = authenticator.create(options, how)
    return request(authRoutes.addPasskey, {
      token,
      body: { challenge_token, credential, ...(name !== undefined && { name }) },
    })
  }

  const beginLogin = async (mfa_token?: string) => {
    const answer = await request(authRoutes.getPasskeyLoginOptions, {
      body: { ...(mfa_token && { mfa_token }) },
    })
    if (answer.status !== 200) throw new Error(answer.text)
    return answer.body
  }

  const login = async (
    authenticator: Authenticator,
    how: Ceremony = {},
    { mfa_token, ...extra }: { mfa_token?: string; remember?: boolean; cookie?: boolean } = {},
    options: CallOptions = {},
  ) => {
    const { challenge_token, options: asked } = await beginLogin(mfa_token)
    const credential = authenticator.get(asked, how)
    const body = { challenge_token, credential, ...(mfa_token && { mfa_token }), ...extra }
    return request(authRoutes.loginWithPasskey, { body, ...options })
  }

  return { begin, add, beginLogin, login }
}
