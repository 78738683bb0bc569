import { byOwner, type Origin, recordAudit } from '../../audit/record.ts'
import type { Actor } from '../../auth/actor.ts'
import { AppError } from '../../errors.ts'
import { later } from '../../time.ts'
import { changeEndpoint, lockEndpoint } from './repository.ts'
import type { RotateSecret } from './schemas.ts'
import { makeSecret } from './secrets.ts'
import { countOldSecrets, insertOldSecret, mostOldSecrets, shortenOldSecrets } from './secrets-repository.ts'
import { type EndpointDependencies, targetOf, tooMany } from './service.ts'
import { readEndpoint } from './viewing.ts'

type Dependencies = Pick<EndpointDependencies, 'sql' | 'cipher' | 'now'>

export type RotationService = ReturnType<typeof createRotation>

/**
 * A new secret, which signs at once and first; those up to now sign beside it until the overlap is over, so that the
 * receiver can change when it likes. None of them outlives the overlap of the last rotation.
 */
export function createRotation({ sql, cipher, now = () => new Date() }: Dependencies) {
  return async (
    actor: Actor,
    id: string,
    { overlap_seconds, secret = makeSecret() }: RotateSecret,
    origin: Origin,
  ) => {
    const sealed_secret = await cipher.seal(secret)
    await sql.begin(async (tx) => {
      const endpoint = await lockEndpoint(tx, actor.id, id)
      if (!endpoint) throw new AppError('not_found')
      const at = now()
      const until = later(at, overlap_seconds * 1_000)
      await shortenOldSecrets(tx, id, until, at)
      if (overlap_seconds > 0) {
        const used = await countOldSecrets(tx, id)
        if (used >= mostOldSecrets) throw tooMany('webhook_old_secrets', used, mostOldSecrets)
        await insertOldSecret(tx, {
          endpoint_id: id,
          sealed_secret: endpoint.sealed_secret,
          expires_at: until,
        })
      }
      await changeEndpoint(tx, id, { sealed_secret }, at)
      const entry = { action: 'webhook.secret_rotated', ...byOwner(actor), target: targetOf(id) } as const
      await recordAudit(tx, { ...entry, details: { overlap_seconds } }, origin, at)
    })
    const { old_secrets_expire_at } = await readEndpoint(sql, actor.id, id, now())
    return { secret, old_secrets_expire_at }
  }
}
