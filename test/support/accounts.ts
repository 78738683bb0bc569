import { randomUUID } from 'node:crypto'
import { createAdminHandlers } from '../../functions/admin/handlers.ts'
import { adminRoutes } from '../../functions/admin/routes.ts'
import { createAccountHandlers } from '../../functions/auth/account-handlers.ts'
import { createAuditHandlers } from '../../functions/auth/audit-handlers.ts'
import { composeSignIn } from '../../functions/auth/compose-sign-in.ts'
import { createEmailHandlers } from '../../functions/auth/email-handlers.ts'
import { createFactorHandlers } from '../../functions/auth/factor-handlers.ts'
import { createNoticeHandlers } from '../../functions/auth/notice-handlers.ts'
import { createPasskeyHandlers } from '../../functions/auth/passkey-handlers.ts'
import { createPasswordHandlers } from '../../functions/auth/password-handlers.ts'
import { authRoutes } from '../../functions/auth/routes.ts'
import { createSessionHandlers } from '../../functions/auth/session-handlers.ts'
import { createUserHandlers } from '../../functions/users/handlers.ts'
import { userRoutes } from '../../functions/users/routes.ts'
import { createAdminService } from '../../lib/admin/service.ts'
import { createRefusalAudit } from '../../lib/audit/refusals.ts'
import { createAuditService } from '../../lib/audit/service.ts'
import { createPasswordCheck } from '../../lib/auth/current-password.ts'
import { createEmailChangeService } from '../../lib/auth/email-change.ts'
import { createFieldCipher } from '../../lib/auth/field-cipher.ts'
import { parseKeyRing } from '../../lib/auth/key-ring.ts'
import { createPasswordPolicy } from '../../lib/auth/password-policy.ts'
import { createPasswordService } from '../../lib/auth/password-service.ts'
import { createPasswords } from '../../lib/auth/passwords.ts'
import { createRegistrationService } from '../../lib/auth/registration.ts'
import { createAccessTokenSigner, createTokenVerifier } from '../../lib/auth/tokens.ts'
import type { OutgoingMail } from '../../lib/aws/mailer.ts'
import { createCache } from '../../lib/cache/cache.ts'
import type { Sql } from '../../lib/db/client.ts'
import { createEventConsumer } from '../../lib/event-consumer.ts'
import { createReceipts } from '../../lib/event-receipts.ts'
import { createExportMaker } from '../../lib/exports/maker.ts'
import { createExportService } from '../../lib/exports/service.ts'
import { createApi } from '../../lib/http/api.ts'
import type { TakeCall } from '../../lib/http/rate-limit.ts'
import type { Route } from '../../lib/http/route.ts'
import { createMailService } from '../../lib/mail/service.ts'
import { createNoticeService } from '../../lib/notices/service.ts'
import { createOutboxRelay, type OutboxRelay } from '../../lib/outbox.ts'
import { createOwnSessions } from '../../lib/sessions/own-sessions.ts'
import { signedIn } from '../../lib/sessions/schemas.ts'
import { createSessionService } from '../../lib/sessions/service.ts'
import { createSessionCheck } from '../../lib/sessions/session-check.ts'
import type { Throttle } from '../../lib/throttle/throttle.ts'
import { createTrackService } from '../../lib/tracks/service.ts'
import { createDeletionService } from '../../lib/users/deletion.ts'
import { createUserService } from '../../lib/users/service.ts'
import { type CallOptions, call, unlimited } from './api.ts'
import { createMemoryStorage } from './memory-storage.ts'
import { unthrottled } from './unthrottled.ts'

export const password = 'correct horse battery'

const loadKeys = async () => parseKeyRing(JSON.stringify({ kid: '1', key: 'k'.repeat(64) }))
const loadFieldKeys = async () => parseKeyRing(JSON.stringify({ kid: '1', key: 'f'.repeat(64) }))

/** Where the web application is that may use passkeys. */
export const passkeyDomain = {
  rpId: 'localhost',
  origins: ['http://localhost:5173', 'http://127.0.0.1:5173'],
}

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

/** The login of an account with one factor. */
export const oneFactorLogin = { ...authRoutes.login, response: signedIn }

export type Clock = ReturnType<typeof createClock>

export interface AccountsOptions {
  readonly cost?: number
  readonly isPwned?: (password: string) => Promise<boolean>
  readonly throttle?: Throttle
  readonly takeCall?: TakeCall
}

/** The auth and users functions as one environment each would have them, on one connection. */
export function createAccountsApi(
  sql: Sql,
  clock: Clock = createClock(),
  {
    cost = 4,
    isPwned = async () => false,
    throttle = unthrottled,
    takeCall = unlimited,
  }: AccountsOptions = {},
) {
  const { now } = clock
  const queued: string[] = []
  const queue = {
    send: async (messages: readonly { id: string; body: string }[]) => {
      queued.push(...messages.map(({ body }) => body))
      return messages.map(({ id }) => id)
    },
  }
  const exportStore = createMemoryStorage('exports').exports!
  const users = createUserService({ sql, now })
  const common = {
    sql,
    users,
    throttle,
    now,
    passwords: createPasswords({ cost }),
    policy: createPasswordPolicy({ isPwned }),
    relay: createOutboxRelay({ sql, queue }),
  }
  const signer = createAccessTokenSigner({ loadKeys, ttlSeconds: 900, now })
  const verifyToken = createTokenVerifier({ loadKeys, now })
  const cipher = createFieldCipher({ loadKeys: loadFieldKeys })
  const sessions = createSessionService({ ...common, signer, cipher })
  const signInServices = composeSignIn({ ...common, signer, cipher, sessions, passkeyDomain })
  const onRefused = createRefusalAudit({ sql, cache: createCache({ sql, now }), now })
  const dependencies = { corsOrigins: [], now, takeCall, onRefused }
  const authApi = createApi(
    authRoutes,
    {
      ...createAccountHandlers({
        registration: createRegistrationService(common),
        logins: signInServices.logins,
      }),
      ...createAuditHandlers(createAuditService({ sql })),
      ...createNoticeHandlers(createNoticeService(common)),
      ...createFactorHandlers(signInServices),
      ...createPasskeyHandlers(signInServices),
      ...createSessionHandlers({
        sessions,
        ownSessions: createOwnSessions({ sql, now }),
        stepUp: signInServices.stepUp,
        corsOrigins: ['https://app.example'],
      }),
      ...createPasswordHandlers(createPasswordService(common)),
      ...createEmailHandlers(createEmailChangeService(common)),
    },
    { service: 'auth', checkSession: createSessionCheck({ sql, now }), ...dependencies },
  )
  const usersApi = createApi(
    userRoutes,
    createUserHandlers({
      users,
      tracks: createTrackService({ sql, now }),
      deletions: createDeletionService({ ...common, isPassword: createPasswordCheck(common) }),
      exports: createExportService({ ...common, store: exportStore }),
    }),
    {
      service: 'users',
      verifyToken,
      checkSession: createSessionCheck({ sql, now }),
      ...dependencies,
    },
  )
  const adminApi = createApi(
    adminRoutes,
    createAdminHandlers({
      admin: createAdminService(common),
      audit: createAuditService({ sql }),
    }),
    { service: 'admin', checkSession: createSessionCheck({ sql, now }), ...dependencies },
  )
  const makeExport = createExportMaker({ sql, store: exportStore, now })
  const postbox = createPostbox(sql, queued, { now, makeExport, relay: common.relay })

  /** What the authorizer passes on about a token. */
  const vouch = async (token: string | undefined): Promise<CallOptions> => {
    const verified = await verifyToken(token && `Bearer ${token}`)
    if (!verified) return {}
    return 'reason' in verified ? verified : { actor: verified.actor, expires_at: verified.expires_at }
  }

  const apis = [
    ['/api/v1/auth/', authApi],
    ['/api/v1/admin/', adminApi],
  ] as const

  const request = async <R extends Route>(
    route: R,
    { token, ...options }: CallOptions & { token?: string | undefined } = {},
  ) => {
    const api = apis.find(([prefix]) => route.path.startsWith(prefix))?.[1] ?? usersApi
    if (route.auth !== 'optional') return call(api, route, { ...options, ...(await vouch(token)) })
    return call(api, route, {
      ...options,
      headers: { ...options.headers, ...(token && { authorization: `Bearer ${token}` }) },
    })
  }

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

  return { request, login, join, signIn, postbox, clock, exportStore }
}

interface PostboxOptions {
  readonly now: () => Date
  readonly makeExport: (id: string) => Promise<void>
  readonly relay: OutboxRelay
}

/** Does what the jobs worker does with the mail events, and keeps what was sent. */
function createPostbox(sql: Sql, queued: string[], { now, makeExport, relay }: PostboxOptions) {
  const sent: OutgoingMail[] = []
  const mailer = {
    send: async (mail: OutgoingMail) => {
      sent.push(mail)
    },
  }
  const mail = createMailService({ sql, mailer, appUrl: 'https://veza.example', now })
  const consume = createEventConsumer({
    receipts: createReceipts({ sql, consumer: 'test' }),
    jobs: {
      'mail.verify_email': ({ user_id }) => mail.sendVerification(user_id),
      'mail.account_exists': ({ user_id }) => mail.sendAccountExists(user_id),
      'mail.reset_password': ({ user_id }) => mail.sendPasswordReset(user_id),
      'mail.email_change': ({ user_id, notice_id }) => mail.sendEmailChange(user_id, notice_id),
      'mail.security_notice': ({ notice_id }) => mail.sendSecurityNotice(notice_id),
      'mail.account_suspended': ({ user_id }) => mail.sendAccountSuspended(user_id),
      'mail.export_ready': ({ user_id, export_id }) => mail.sendExportReady(user_id, export_id),
      'account.export': ({ export_id }) => makeExport(export_id),
      'stream.prepare': () => Promise.reject(new Error('no account asks for this')),
    },
  })

  const mailsTo = async (address: string) => {
    do for (const message of queued.splice(0)) await consume(JSON.parse(message))
    while ((await relay.flush()) > 0)
    return sent.filter(({ to }) => to === address)
  }

  return {
    mailsTo,
    mail,
    queued,
    /** The token of the latest link that was mailed to the address, if need be of those to one page. */
    tokenFor: async (address: string, page = '') => {
      const texts = (await mailsTo(address)).map(({ text }) => text)
      const tokens = texts.flatMap((text) => new RegExp(`${page}\\?token=([\\w-]+)`).exec(text)?.[1] ?? [])
      const token = tokens.at(-1)
      if (!token) throw new Error(`No link was mailed to ${address}`)
      return token
    },
  }
}
