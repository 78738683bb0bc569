import { randomUUID } from 'node:crypto'
import { adminRoutes } from '../../functions/admin/routes.ts'
import { authRoutes } from '../../functions/auth/routes.ts'
import { userRoutes } from '../../functions/users/routes.ts'
import { issueEmailToken } from '../../lib/auth/email-tokens.ts'
import type { Sql } from '../../lib/db/client.ts'
import type { Route } from '../../lib/http/route.ts'
import { issueNotMeToken } from '../../lib/notices/not-me-tokens.ts'
import { type createAccountsApi, password } from './accounts.ts'
import type { CallOptions } from './api.ts'
import { createApp } from './factors.ts'

type Api = ReturnType<typeof createAccountsApi>

/** What a crowd knows of the one account that all of them work at. */
export interface Account {
  readonly id: string
  readonly email: string
  username: string
  password: string
  secret: string
  recovery_codes: string[]
  readonly names: readonly string[]
  readonly access_tokens: string[]
  readonly refresh_tokens: string[]
}

interface Tokens {
  readonly access_token: string
  readonly refresh_token?: string | undefined
  readonly device_token?: string | undefined
}

/** What came of it, for whoever looks for what must never happen. */
export interface Record {
  readonly failures: string[]
  /** Which tokens each refresh token was answered with. */
  readonly successors: Map<string, Set<string>>
  /** How often each one-time code was taken for right. */
  readonly codesTaken: Map<string, number>
}

export const newRecord = (): Record => ({
  failures: [],
  successors: new Map(),
  codesTaken: new Map(),
})

export interface Hand {
  readonly api: Api
  readonly sql: Sql
  readonly account: Account
  readonly admin: { readonly username: string }
  readonly record: Record
  /** Of 0 to 1, the same in every run. */
  readonly random: () => number
}

const count = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1)

/** Everything that can be done to the account, by name. */
export function actionsOf({ api, sql, account, admin, record, random }: Hand) {
  const { clock } = api
  const pick = <T>(all: readonly T[]) => all[Math.floor(random() * all.length)]
  const token = () => pick(account.access_tokens.slice(-2))

  const call = async <R extends Route>(route: R, options: CallOptions & { token?: string | undefined }) => {
    const answer = await api.request(route, options)
    if (answer.status >= 500) record.failures.push(`${route.path} ${answer.text}`)
    return answer
  }

  let device: string | undefined

  const keep = ({ access_token, refresh_token, device_token }: Tokens) => {
    device = device_token ?? device
    account.access_tokens.push(access_token)
    if (refresh_token) account.refresh_tokens.push(refresh_token)
  }

  const take = (code: string, status: number) => {
    if (status < 300) count(record.codesTaken, code)
  }

  const nextCode = () => {
    if (!account.secret) return { code: '123456', name: 'none' }
    const offset = pick([-30, 0, 30])!
    const code = createApp(account.secret, clock.now)(offset)
    const step = Math.floor((clock.now().getTime() / 1_000 + offset) / 30)
    return { code, name: `${account.secret} ${step}` }
  }

  const asAdmin = async () => ({
    token: (await api.login(admin.username)).body.access_token,
    params: { user_id: account.id },
  })

  const withCode = async (use: (code: string) => Promise<number>) => {
    const { code, name } = nextCode()
    take(name, await use(code))
  }

  const answer = async (mfa_token: string) => {
    const recovery_code =
      random() < 0.2 && account.recovery_codes.length > 0 ? pick(account.recovery_codes) : undefined
    const { code, name } = nextCode()
    const proof = recovery_code ? { recovery_code } : { code }
    const { status, body } = await call(authRoutes.answerTwoFactor, {
      body: { mfa_token, ...proof, remember: random() < 0.5 },
    })
    take(recovery_code ?? name, status)
    if (status === 200) keep(body)
  }

  const reset = async () => {
    const link = { user_id: account.id, purpose: 'reset_password' } as const
    const mailed = await issueEmailToken(sql, link, clock.now())
    const next = `${password} ${random()}`
    const { status } = await call(authRoutes.resetPassword, { body: { token: mailed, password: next } })
    if (status === 204) account.password = next
  }

  const lift = async () => {
    await call(adminRoutes.unsuspendUser, await asAdmin())
  }

  return {
    login: async () => {
      const { status, body, problem } = await call(authRoutes.login, {
        body: { identifier: account.username, password: account.password },
        ...(device && { headers: { 'x-device-token': device } }),
      })
      if (problem?.code === 'account_suspended') return lift()
      if (problem?.code === 'password_reset_required') return reset()
      if (status !== 200) return
      if ('mfa_token' in body) await answer(body.mfa_token)
      else keep(body)
    },
    refresh: async () => {
      const refresh_token = pick(account.refresh_tokens.slice(random() < 0.1 ? -40 : -8))
      if (!refresh_token) return
      const { status, body } = await call(authRoutes.refresh, { body: { refresh_token } })
      if (status !== 200) return
      const successors = record.successors.get(refresh_token) ?? new Set()
      record.successors.set(refresh_token, successors.add(body.refresh_token!))
      keep(body)
    },
    logout: () => call(authRoutes.logout, { token: token() }),
    logoutAll: () => call(authRoutes.logoutAll, { token: token() }),
    endSession: async () => {
      const { status, body } = await call(authRoutes.listSessions, { token: token() })
      const session_id = status === 200 ? pick(body.data)?.id : undefined
      if (session_id) await call(authRoutes.endSession, { token: token(), params: { session_id } })
    },
    stepUp: async () => {
      const body = { password: account.password, ...(account.secret && { code: nextCode().code }) }
      const answer = await call(authRoutes.stepUp, { token: token(), body })
      if (answer.status === 200) keep(answer.body)
    },
    changePassword: async () => {
      const new_password = `${password} ${random()}`
      const body = { current_password: account.password, new_password }
      const { status } = await call(authRoutes.changePassword, { token: token(), body })
      if (status === 204) account.password = new_password
    },
    resetPassword: reset,
    changeEmail: async () => {
      const new_email = `${randomUUID().slice(0, 8)}@example.test`
      await call(authRoutes.changeEmail, { token: token(), body: { new_email, password: account.password } })
    },
    confirmEmail: async () => {
      for (const purpose of ['change_email_old', 'change_email_new'] as const) {
        const confirm = await issueEmailToken(sql, { user_id: account.id, purpose }, clock.now())
        await call(authRoutes.confirmEmailChange, { body: { token: confirm } })
      }
    },
    disown: async () => {
      const [notice] = await sql<[{ id: string; user_id: string; session_id: string | null }?]>`
        select id, user_id, session_id from security_notices where user_id = ${account.id} order by id desc limit 1
      `
      const disown = notice && (await issueNotMeToken(sql, notice, clock.now()))
      if (disown) await call(authRoutes.disownNotice, { body: { token: disown } })
    },
    enableTwoFactor: async () => {
      const bearer = token()
      const { status, body } = await call(authRoutes.setUpTwoFactor, { token: bearer })
      if (status !== 200) return
      const code = createApp(body.secret, clock.now)()
      const step = Math.floor(clock.now().getTime() / 30_000)
      const enabled = await call(authRoutes.enableTwoFactor, { token: bearer, body: { code } })
      take(`${body.secret} ${step}`, enabled.status)
      if (enabled.status !== 200) return
      account.secret = body.secret
      account.recovery_codes = enabled.body.recovery_codes
    },
    disableTwoFactor: () =>
      withCode(async (code) => {
        const body = { password: account.password, code }
        const { status } = await call(authRoutes.disableTwoFactor, { token: token(), body })
        if (status === 204) account.secret = ''
        return status
      }),
    replaceRecoveryCodes: () =>
      withCode(async (code) => {
        const { status, body } = await call(authRoutes.replaceRecoveryCodes, {
          token: token(),
          body: { code },
        })
        if (status === 200) account.recovery_codes = body.recovery_codes
        return status
      }),
    suspend: async () => {
      await call(adminRoutes.suspendUser, { ...(await asAdmin()), body: { reason: 'noise' } })
    },
    changeRole: async () => {
      const role = pick(['user', 'creator', 'moderator'])!
      await call(adminRoutes.changeUserRole, { ...(await asAdmin()), body: { role } })
    },
    rename: async () => {
      const username = pick(account.names)!
      const body = { username, bio: String(random()) }
      const { status } = await call(userRoutes.updateOwnUser, { token: token(), body })
      if (status === 200) account.username = username
    },
    deleteAndRestore: async () => {
      await call(userRoutes.deleteOwnUser, { token: token(), body: { password: account.password } })
      await call(userRoutes.restoreOwnUser, { token: token() })
    },
    requestExport: () => call(userRoutes.requestExport, { token: token() }),
  }
}
