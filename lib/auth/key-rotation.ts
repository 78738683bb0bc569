import { randomBytes } from 'node:crypto'
import * as z from 'zod/mini'
import type { SecretVersions } from '../aws/secret-versions.ts'
import { type KeyRing, parseKeyRing } from './key-ring.ts'

/** What Secrets Manager invokes a rotation function with, four times in this order and again whenever one fails. */
export const rotationEvent = z.object({
  Step: z.enum(['createSecret', 'setSecret', 'testSecret', 'finishSecret']),
  SecretId: z.string(),
  /** The version that is being made. */
  ClientRequestToken: z.string().check(z.minLength(32), z.maxLength(64)),
})
export type RotationEvent = z.output<typeof rotationEvent>

export interface KeyRotationDependencies {
  readonly versions: SecretVersions
  readonly randomKey?: () => string
}

/** 384 bits, in characters that no shell or JSON has an opinion about. */
const newKey = () => randomBytes(48).toString('base64url')

/**
 * Rotates a secret of the shape `{ kid, key, previous_kid?, previous_key? }`: what was signed or sealed with the
 * key until now stays good until the next rotation, for the new version holds it too.
 */
export function createKeyRotation({ versions, randomKey = newKey }: KeyRotationDependencies) {
  const readCurrent = async (secretId: string) => (await versions.read(secretId, 'AWSCURRENT'))!

  const createSecret = async ({ SecretId, ClientRequestToken }: RotationEvent) => {
    if (await versions.read(SecretId, 'AWSPENDING', ClientRequestToken)) return
    const { kid, key } = JSON.parse(await readCurrent(SecretId)) as { kid: string; key: string }
    const next = { kid: ClientRequestToken, key: randomKey(), previous_kid: kid, previous_key: key }
    await versions.add(SecretId, ClientRequestToken, JSON.stringify(next))
  }

  const testSecret = async ({ SecretId, ClientRequestToken }: RotationEvent) => {
    const pending = await versions.read(SecretId, 'AWSPENDING', ClientRequestToken)
    if (!pending) throw new Error(`The version ${ClientRequestToken} of ${SecretId} holds nothing yet`)
    requireSuccession(parseKeyRing(await readCurrent(SecretId)), parseKeyRing(pending))
  }

  const steps: Readonly<
    Record<RotationEvent['Step'], (event: RotationEvent, current: string) => Promise<void>>
  > = {
    createSecret,
    // Nobody else holds a copy that would have to be told.
    setSecret: async () => undefined,
    testSecret,
    finishSecret: async (event, current) => {
      await testSecret(event)
      await versions.makeCurrent(event.SecretId, event.ClientRequestToken, current)
    },
  }

  return async (event: RotationEvent): Promise<void> => {
    const { Step, SecretId, ClientRequestToken } = event
    const { isRotating, stages } = await versions.describe(SecretId)
    if (!isRotating) throw new Error(`The secret ${SecretId} is not enabled for rotation`)
    const own = stages.get(ClientRequestToken)
    if (!own) throw new Error(`The secret ${SecretId} has no version ${ClientRequestToken}`)
    if (own.includes('AWSCURRENT')) return
    if (!own.includes('AWSPENDING'))
      throw new Error(`The version ${ClientRequestToken} of ${SecretId} is not being rotated to`)
    const [current] = [...stages].find(([, names]) => names.includes('AWSCURRENT')) ?? []
    if (!current) throw new Error(`The secret ${SecretId} has no current version`)
    await steps[Step](event, current)
  }
}

/**
 * A schedule that is being set up has the version there is tested as its own successor; every other must bring
 * a key of its own and keep the one that is in use, or sessions and sealed fields would be lost with it.
 */
function requireSuccession(current: KeyRing, pending: KeyRing): void {
  const kept = pending.keys.get(current.kid)
  if (!kept || !Buffer.from(kept).equals(current.keys.get(current.kid)!))
    throw new Error('The pending version does not hold the key that is in use')
  if (pending.kid !== current.kid && Buffer.from(pending.keys.get(pending.kid)!).equals(kept))
    throw new Error('The pending version has no key of its own')
}
