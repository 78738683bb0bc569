import { createKeyRotation, rotationEvent } from '../../lib/auth/key-rotation.ts'
import { createSecretVersions } from '../../lib/aws/secret-versions.ts'
import { logger } from '../../lib/logger.ts'

const rotate = createKeyRotation({ versions: createSecretVersions() })

/** The rotation function of the secrets that hold a ring of keys. */
export async function handler(event: unknown): Promise<void> {
  const rotation = rotationEvent.parse(event)
  const { Step: step, SecretId: secret, ClientRequestToken: version } = rotation
  await rotate(rotation)
  logger.info('A step of a rotation is done', { step, secret, version })
}
