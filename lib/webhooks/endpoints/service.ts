import { byOwner, type Origin, recordAudit } from '../../audit/record.ts'
import type { Actor } from '../../auth/actor.ts'
import type { FieldCipher } from '../../auth/field-cipher.ts'
import type { Sql, Transaction } from '../../db/client.ts'
import { AppError } from '../../errors.ts'
import type { Confirm } from '../../http/etag.ts'
import { pageById } from '../../http/id-page.ts'
import type { PageQuery } from '../../http/route.ts'
import { lockAccount } from '../../users/lock.ts'
import type { Dispatcher } from '../deliveries/dispatch.ts'
import type { UrlSettings } from '../url-rules.ts'
import { sealHeaders } from './headers.ts'
import { removeEndpoint } from './leaving.ts'
import {
  changeEndpoint,
  countEndpoints,
  insertEndpoint,
  type LockedEndpoint,
  listEndpoints,
  lockEndpoint,
  type NewEndpoint,
} from './repository.ts'
import { mustBeSendable, newestVersion } from './rules.ts'
import type { CreateEndpoint, Endpoint, UpdateEndpoint } from './schemas.ts'
import { makeSecret } from './secrets.ts'
import { switchOff, switchOn } from './switching.ts'
import { readEndpoint, withRecoveries } from './viewing.ts'

/** Of one account. */
const mostEndpoints = 20

export interface EndpointDependencies {
  readonly sql: Sql
  /** Of secrets and headers, where they lie. */
  readonly cipher: FieldCipher
  readonly urls: UrlSettings
  readonly dispatcher: Pick<Dispatcher, 'dispatchSoon'>
  readonly now?: () => Date
}

export type EndpointService = ReturnType<typeof createEndpointService>

export function createEndpointService(dependencies: EndpointDependencies) {
  const { sql, cipher, urls, dispatcher, now = () => new Date() } = dependencies

  const add = (actor: Actor, endpoint: NewEndpoint, origin: Origin): Promise<string> =>
    sql.begin(async (tx) => {
      // Those who make the last one queue up here.
      if (!(await lockAccount(tx, actor.id))) throw new AppError('not_found')
      const used = await countEndpoints(tx, actor.id)
      if (used >= mostEndpoints) throw tooMany('webhook_endpoints', used, mostEndpoints)
      const at = now()
      const id = await insertEndpoint(tx, endpoint, at)
      const entry = { action: 'webhook.endpoint_created', ...byOwner(actor), target: targetOf(id) } as const
      await recordAudit(tx, entry, origin, at)
      return id
    })

  return {
    /** Answers with the secret, which nobody reads again. */
    async create(actor: Actor, given: CreateEndpoint, origin: Origin) {
      const { headers, secret = makeSecret(), ...rest } = given
      mustBeSendable(given, urls)
      const sealed = { ...(await sealHeaders(cipher, headers)), sealed_secret: await cipher.seal(secret) }
      const endpoint = { ...rest, ...sealed, account_id: actor.id, api_version: newestVersion }
      const id = await add(actor, endpoint, origin)
      return { ...(await readEndpoint(sql, actor.id, id, now())), secret }
    },

    list: (actor: Actor, query: PageQuery) =>
      pageById<Endpoint>(`webhook_endpoints:${actor.id}`, query, async (before, limit) =>
        withRecoveries(sql, await listEndpoints(sql, actor.id, { before, limit }, now())),
      ),

    get: (actor: Actor, id: string) => readEndpoint(sql, actor.id, id, now()),

    async update(actor: Actor, id: string, changes: UpdateEndpoint, confirm: Confirm, origin: Origin) {
      const { headers, status, ...rest } = changes
      mustBeSendable(changes, urls)
      const sealed = headers && (await sealHeaders(cipher, headers))
      const names = Object.keys(changes)
      const told = await sql.begin(async (tx) => {
        if (status === 'disabled') await lockAccount(tx, actor.id)
        const endpoint = await lock(tx, actor, id, confirm)
        if (names.length === 0) return undefined
        const at = now()
        await changeEndpoint(tx, id, { ...rest, ...sealed }, at)
        const entry = { action: 'webhook.endpoint_changed', ...byOwner(actor), target: targetOf(id) } as const
        await recordAudit(tx, { ...entry, details: { fields: names.toSorted().join(' ') } }, origin, at)
        if (status === undefined || status === endpoint.status) return undefined
        const turn = { accountId: actor.id, id, requestId: origin.requestId }
        return status === 'enabled' ? switchOn(tx, turn, at) : switchOff(tx, turn, at)
      })
      if (told) await dispatcher.dispatchSoon({ event_ids: [told] })
      return readEndpoint(sql, actor.id, id, now())
    },

    /** Nothing more is sent; what it was sent is forgotten a part at a time. */
    remove: (actor: Actor, id: string, confirm: Confirm, origin: Origin): Promise<void> =>
      sql.begin(async (tx) => {
        await lock(tx, actor, id, confirm)
        const at = now()
        await removeEndpoint(tx, id, at)
        const entry = { action: 'webhook.endpoint_removed', ...byOwner(actor), target: targetOf(id) } as const
        await recordAudit(tx, entry, origin, at)
      }),
  }
}

/** As the audit trail names it. */
export const targetOf = (id: string) => `webhook_endpoint:${id}`

export const tooMany = (quota: string, used: number, limit: number) =>
  new AppError('quota_exceeded', `There may be ${limit} of them`, { extensions: { quota, used, limit } })

async function lock(tx: Transaction, actor: Actor, id: string, confirm: Confirm): Promise<LockedEndpoint> {
  const endpoint = await lockEndpoint(tx, actor.id, id)
  if (!endpoint) throw new AppError('not_found')
  confirm(endpoint)
  return endpoint
}
