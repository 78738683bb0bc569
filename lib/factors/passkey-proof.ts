import type { Db } from '../db/client.ts'
import { lockAccount } from '../users/lock.ts'
import type { Assertion } from './passkey-schemas.ts'
import { findByCredential, markUsed } from './passkeys-repository.ts'
import { isHandleOf, type Webauthn } from './webauthn.ts'

export interface PasskeyProofDependencies {
  readonly webauthn: Pick<Webauthn, 'verifyLogin'>
  readonly now?: () => Date
}

export type PasskeyProof = ReturnType<typeof createPasskeyProof>

export type Proved =
  | { readonly is_right: true; readonly user_id: string }
  /** Whose passkey it would be, for the trail; nobody's where it is not known. */
  | {
      readonly is_right: false
      readonly user_id: string | undefined
      readonly reason: 'unknown_passkey' | 'invalid_passkey' | 'sign_count'
    }

export interface Expected {
  readonly challenge: string
  /** Who signs in, where that is known: their password was right. Else the passkey has to be both factors. */
  readonly user_id?: string | undefined
}

/** Whose passkey has signed the challenge. */
export function createPasskeyProof({ webauthn, now = () => new Date() }: PasskeyProofDependencies) {
  return async (tx: Db, credential: Assertion, { challenge, user_id }: Expected): Promise<Proved> => {
    const passkey = await findByCredential(tx, Buffer.from(credential.id, 'base64url'))
    if (!passkey) return { is_right: false, user_id, reason: 'unknown_passkey' }
    const owner = passkey.user_id
    await lockAccount(tx, owner)
    const { userHandle } = credential.response
    const names = userHandle ? isHandleOf(userHandle, owner) : user_id !== undefined
    const isTheirs = names && (user_id ?? owner) === owner
    const verified =
      isTheirs &&
      (await webauthn.verifyLogin(credential, challenge, passkey.public_key, user_id === undefined))
    if (!verified) return { is_right: false, user_id: user_id ?? owner, reason: 'invalid_passkey' }
    const hasGrown = await markUsed(tx, passkey.id, {
      sign_count: verified.newCounter,
      is_backed_up: verified.credentialBackedUp,
      last_used_at: now(),
    })
    return hasGrown
      ? { is_right: true, user_id: owner }
      : { is_right: false, user_id: owner, reason: 'sign_count' }
  }
}
