import { createAdminHandlers } from '../../functions/admin/handlers.ts'
import { adminRoutes } from '../../functions/admin/routes.ts'
import { composeAuth } from '../../functions/auth/compose.ts'
import { authRoutes } from '../../functions/auth/routes.ts'
import { createChatHandlers } from '../../functions/chat/handlers.ts'
import { chatRoutes } from '../../functions/chat/routes.ts'
import { createUserHandlers } from '../../functions/users/handlers.ts'
import { userRoutes } from '../../functions/users/routes.ts'
import { createAdminOrderService } from '../../lib/admin/order-service.ts'
import { createAdminService } from '../../lib/admin/service.ts'
import { createRefusalAudit } from '../../lib/audit/refusals.ts'
import { createAuditService } from '../../lib/audit/service.ts'
import { createFieldCipher } from '../../lib/auth/field-cipher.ts'
import { parseKeyRing } from '../../lib/auth/key-ring.ts'
import { createOwnPassword } from '../../lib/auth/own-password.ts'
import { createPasswordPolicy } from '../../lib/auth/password-policy.ts'
import { createPasswords } from '../../lib/auth/passwords.ts'
import { createAccessTokenSigner, createTokenVerifier } from '../../lib/auth/tokens.ts'
import { createCache } from '../../lib/cache/cache.ts'
import { createMutingService } from '../../lib/chat/muting.ts'
import { createChatService } from '../../lib/chat/service.ts'
import type { Sql } from '../../lib/db/client.ts'
import { createExportMaker } from '../../lib/exports/maker.ts'
import { createExportService } from '../../lib/exports/service.ts'
import { createApi } from '../../lib/http/api.ts'
import type { TakeCall } from '../../lib/http/rate-limit.ts'
import type { Route } from '../../lib/http/route.ts'
import { createImageService } from '../../lib/images/service.ts'
import { createWithdrawnService } from '../../lib/media/withdrawal/withdrawn-service.ts'
import { createModerationService } from '../../lib/moderation/service.ts'
import { createOutboxRelay } from '../../lib/outbox.ts'
import { createPlaylistService } from '../../lib/playlists/service.ts'
import { createHistoryService } from '../../lib/plays/history-service.ts'
import { createRelationLists } from '../../lib/relations/lists.ts'
import { createRelationService } from '../../lib/relations/service.ts'
import { createSessionCheck } from '../../lib/sessions/session-check.ts'
import type { Throttle } from '../../lib/throttle/throttle.ts'
import { createTrackDeletionService } from '../../lib/tracks/deletion-service.ts'
import { createNewestTracks } from '../../lib/tracks/newest.ts'
import { createQuotaService } from '../../lib/uploads/quotas.ts'
import { avatars } from '../../lib/users/avatar.ts'
import { createDeletionService } from '../../lib/users/deletion.ts'
import { createLikeLists } from '../../lib/users/likes.ts'
import { createUserSearch } from '../../lib/users/search.ts'
import { createUserService } from '../../lib/users/service.ts'
import { type CallOptions, call, unlimited } from './api.ts'
import { createMemoryStorage } from './memory-storage.ts'
import { createBuckets } from './tracks.ts'
import { unthrottled } from './unthrottled.ts'

const loadKeys = async () => parseKeyRing(JSON.stringify({ kid: '1', key: 'k'.repeat(64) }))
const loadFieldKeys = async () => parseKeyRing(JSON.stringify({ kid: '1', key: 'f'.repeat(64) }))

export const chatServer = { secret: 'chat-token-secret-of-the-tests-'.repeat(2), url: 'wss://chat.test/ws' }

/** Where the web application is that may use passkeys. */
export const passkeyDomain = {
  rpId: 'localhost',
  origins: ['http://localhost:5173', 'http://127.0.0.1:5173'],
}

export interface AccountApiOptions {
  readonly cost?: number
  readonly isPwned?: (password: string) => Promise<boolean>
  readonly throttle?: Throttle
  readonly takeCall?: TakeCall
}

/** The auth, users, chat and admin functions as one environment each would have them, on one connection. */
export function composeAccountApis(sql: Sql, now: () => Date, options: AccountApiOptions) {
  const { cost = 4, isPwned = async () => false, throttle = unthrottled, takeCall = unlimited } = options
  const queued: string[] = []
  const queue = {
    send: async (messages: readonly { id: string; body: string }[]) => {
      queued.push(...messages.map(({ body }) => body))
      return messages.map(({ id }) => id)
    },
  }
  const buckets = createBuckets()
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
  const onRefused = createRefusalAudit({ sql, cache: createCache({ sql, now }), now })
  const dependencies = { corsOrigins: [], now, takeCall, onRefused }
  const authApi = createApi(
    authRoutes,
    composeAuth({ ...common, signer, cipher, passkeyDomain, corsOrigins: ['https://app.example'] }),
    { service: 'auth', checkSession: createSessionCheck({ sql, now }), ...dependencies },
  )
  const usersApi = createApi(
    userRoutes,
    createUserHandlers({
      users,
      tracks: createNewestTracks({ sql }),
      trackDeletions: createTrackDeletionService({ sql, now }),
      history: createHistoryService({ sql }),
      playlists: createPlaylistService({ sql, now }),
      deletions: createDeletionService({ ...common, ownPassword: createOwnPassword(common) }),
      relations: createRelationService(common),
      relationLists: createRelationLists({ sql }),
      likes: createLikeLists({ sql }),
      search: createUserSearch({ sql }),
      avatars: createImageService({ sql, store: buckets.uploads, holder: avatars, now }),
      quotas: createQuotaService({ sql, now }),
      exports: createExportService({ ...common, store: exportStore }),
    }),
    {
      service: 'users',
      verifyToken,
      checkSession: createSessionCheck({ sql, now }),
      ...dependencies,
    },
  )
  const admin = createAdminService(common)
  const adminApi = createApi(
    adminRoutes,
    createAdminHandlers({
      orders: createAdminOrderService({ sql }),
      admin,
      moderation: createModerationService({ ...common, admin }),
      now,
      audit: createAuditService({ sql }),
      versions: createWithdrawnService({ sql, now }),
      muting: createMutingService({ sql, now }),
    }),
    { service: 'admin', checkSession: createSessionCheck({ sql, now }), ...dependencies },
  )
  const chatApi = createApi(
    chatRoutes,
    createChatHandlers(
      createChatService({
        sql,
        secrets: { read: async () => chatServer.secret },
        tokenSecretId: 'chat',
        wsUrl: chatServer.url,
        now,
      }),
    ),
    { service: 'chat', checkSession: createSessionCheck({ sql, now }), ...dependencies },
  )
  const makeExport = createExportMaker({ sql, store: exportStore, relay: { flushSoon: async () => {} }, now })

  /** What the authorizer passes on about a token. */
  const vouch = async (token: string | undefined): Promise<CallOptions> => {
    const verified = await verifyToken(token && `Bearer ${token}`)
    if (!verified) return {}
    return 'reason' in verified ? verified : { actor: verified.actor, expires_at: verified.expires_at }
  }

  const apis = [
    ['/api/v1/auth/', authApi],
    ['/api/v1/admin/', adminApi],
    ['/api/v1/chat/', chatApi],
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

  return { request, buckets, exportStore, queued, makeExport, relay: common.relay }
}
