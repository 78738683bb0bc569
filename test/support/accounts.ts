import { randomUUID } from 'node:crypto'
import { authRoutes } from '../../functions/auth/routes.ts'
import type { Sql } from '../../lib/db/client.ts'
import { signedIn } from '../../lib/sessions/schemas.ts'
import { type AccountApiOptions, composeAccountApis } from './account-apis.ts'
import type { CallOptions } from './api.ts'
import { createPostbox } from './postbox.ts'

export const password = 'correct horse battery'

/** A clock that stands still until it is moved. */
export function createClock(start = new Date()) {
  let ms = start.getTime()
  return {
    now: () => new Date(ms),
    advance: (seconds: number) => {
      ms += seconds * 1000
    },
  }
}

export type Clock = ReturnType<typeof createClock>

/** The login of an account with one factor. */
export const oneFactorLogin = { ...authRoutes.login, response: signedIn }

/** People with accounts, who call the routes about them and read their mail. */
export function createAccountsApi(sql: Sql, clock: Clock = createClock(), options: AccountApiOptions = {}) {
  const { request, buckets, exportStore, ...worker } = composeAccountApis(sql, clock.now, options)
  const postbox = createPostbox(sql, { now: clock.now, ...worker })

  const register = async (body: { email: string; username: string; password: string }) => {
    const answer = await request(authRoutes.register, { body })
    if (answer.status !== 202) throw new Error(answer.text)
  }

  const login = (identifier: string, given = password, options: CallOptions = {}) => {
    const body = { identifier, password: given }
    return request(oneFactorLogin, { body, ...options })
  }

  /** Registers and verifies somebody new. */
  const join = async (username = `u_${randomUUID().slice(0, 8)}`) => {
    const email = `${username}@example.test`
    await register({ email, username, password })
    const token = await postbox.tokenFor(email)
    const { body } = await request(authRoutes.verifyEmail, { body: { token } })
    return { username, email, id: body.user.id }
  }

  const signIn = async () => {
    const user = await join()
    return { ...user, ...(await login(user.username)).body }
  }

  return { request, login, join, signIn, postbox, clock, buckets, exportStore }
}
