import * as z from 'zod/mini'
import type { AuditAction } from '../audit/actions.ts'
import { byOwner, type Origin, recordAudit } from '../audit/record.ts'
import type { Actor } from '../auth/actor.ts'
import type { Db, Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { decodeCursor, encodeCursor, toPage } from '../http/cursor.ts'
import { addNotice } from '../notices/notices.ts'
import type { OutboxRelay } from '../outbox.ts'
import { lockAccount } from '../users/lock.ts'
import type { UserService } from '../users/service.ts'
import { closeChallenge, openChallenge } from './challenges.ts'
import type { AddPasskey, ListPasskeys } from './passkey-schemas.ts'
import {
  countPasskeys,
  deletePasskey,
  insertPasskey,
  listCredentials,
  listPasskeys,
  type PasskeyRow,
  renamePasskey,
} from './passkeys-repository.ts'
import type { Webauthn } from './webauthn.ts'

const mostPasskeys = 10

export interface PasskeyDependencies {
  readonly sql: Sql
  readonly webauthn: Webauthn
  readonly users: Pick<UserService, 'get'>
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

export type PasskeyService = ReturnType<typeof createPasskeyService>

const cursorValues = z.tuple([z.uuid()])

/** The passkeys of a user who is signed in. */
export function createPasskeyService(dependencies: PasskeyDependencies) {
  const { sql, webauthn, users, relay, now = () => new Date() } = dependencies

  const audit = (db: Db, action: AuditAction, actor: Actor, origin: Origin, passkeyId?: string) => {
    const outcome = passkeyId ? 'success' : 'failure'
    const target = passkeyId && `passkey:${passkeyId}`
    return recordAudit(db, { action, outcome, ...byOwner(actor), target }, origin, now())
  }

  const insert = async (
    tx: Db,
    { id: user_id }: Actor,
    { credential, name }: AddPasskey,
    info: Registered,
    created_at: Date,
  ): Promise<PasskeyRow> => {
    await lockAccount(tx, user_id)
    if ((await countPasskeys(tx, user_id)) >= mostPasskeys) throw new AppError('too_many_passkeys')
    const row = await insertPasskey(tx, {
      user_id,
      credential_id: Buffer.from(info.credential.id, 'base64url'),
      public_key: Buffer.from(info.credential.publicKey),
      sign_count: info.credential.counter,
      transports: credential.response.transports ?? [],
      is_backed_up: info.credentialBackedUp,
      aaguid: info.aaguid,
      name,
      created_at,
    })
    if (!row) throw new AppError('conflict', 'This passkey is registered already')
    return row
  }

  return {
    async options({ id }: Actor) {
      const known = await listCredentials(sql, id)
      if (known.length >= mostPasskeys) throw new AppError('too_many_passkeys')
      const options = await webauthn.registrationOptions(await users.get(id), known)
      const spec = {
        kind: 'passkey_registration',
        user_id: id,
        webauthn_challenge: options.challenge,
      } as const
      return { challenge_token: await openChallenge(sql, spec, now()), options: { ...options } }
    },

    async add(body: AddPasskey, actor: Actor, origin: Origin): Promise<PasskeyRow> {
      const challenge = await closeChallenge(sql, 'passkey_registration', body.challenge_token, now())
      if (challenge.user_id !== actor.id) throw new AppError('invalid_token')
      const info = await webauthn.verifyRegistration(body.credential, challenge.webauthn_challenge!)
      if (!info) {
        await audit(sql, 'passkey.added', actor, origin)
        throw new AppError('invalid_request', 'The passkey cannot be verified')
      }
      const row = await sql.begin(async (tx) => {
        const at = now()
        const added = await insert(tx, actor, body, info, at)
        await audit(tx, 'passkey.added', actor, origin, added.id)
        const notice = { user_id: actor.id, kind: 'passkey_added', session_id: actor.session_id } as const
        await addNotice(tx, notice, origin, at)
        return added
      })
      await relay.flushSoon()
      return row
    },

    async list({ id }: Actor, { limit, cursor }: ListPasskeys) {
      const scope = `passkeys ${id}`
      const [after] = cursor === undefined ? [] : decodeCursor(scope, cursor, cursorValues)
      const rows = await listPasskeys(sql, id, { after, limit })
      return toPage(rows, limit, (last) => encodeCursor(scope, [last.id]))
    },

    rename: (id: string, name: string, actor: Actor, origin: Origin): Promise<PasskeyRow> =>
      sql.begin(async (tx) => {
        const row = await renamePasskey(tx, actor.id, id, name)
        if (!row) throw new AppError('not_found')
        await audit(tx, 'passkey.renamed', actor, origin, id)
        return row
      }),

    async remove(id: string, actor: Actor, origin: Origin): Promise<void> {
      await sql.begin(async (tx) => {
        await lockAccount(tx, actor.id)
        if (!(await deletePasskey(tx, actor.id, id))) throw new AppError('not_found')
        await audit(tx, 'passkey.removed', actor, origin, id)
        const notice = { user_id: actor.id, kind: 'passkey_removed', session_id: actor.session_id } as const
        await addNotice(tx, notice, origin, now())
      })
      await relay.flushSoon()
    },

    /** For signing in: with a passkey of this user, or with whichever the browser has. */
    async loginOptions(user_id: string | undefined) {
      const known = user_id === undefined ? undefined : await listCredentials(sql, user_id)
      if (known?.length === 0) throw new AppError('invalid_request', 'This account has no passkey')
      const options = await webauthn.loginOptions(known)
      const spec = {
        kind: 'passkey_login',
        webauthn_challenge: options.challenge,
        ...(user_id !== undefined && { user_id }),
      } as const
      return { challenge_token: await openChallenge(sql, spec, now()), options: { ...options } }
    },
  }
}

type Registered = NonNullable<Awaited<ReturnType<Webauthn['verifyRegistration']>>>
