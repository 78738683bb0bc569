import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { clientSettings } from './client-settings.ts'

export type SecretVersions = ReturnType<typeof createSecretVersions>

/** The versions of a secret, for whoever rotates it. */
export function createSecretVersions(client = new SecretsManagerClient(clientSettings)) {
  return {
    async describe(SecretId: string) {
      const { RotationEnabled = false, VersionIdsToStages = {} } = await client.send(
        new DescribeSecretCommand({ SecretId }),
      )
      return { isRotating: RotationEnabled, stages: new Map(Object.entries(VersionIdsToStages)) }
    },

    /** Undefined where the version has been announced and holds nothing yet. */
    async read(SecretId: string, VersionStage: string, VersionId?: string): Promise<string | undefined> {
      const command = new GetSecretValueCommand({ SecretId, VersionStage, ...(VersionId && { VersionId }) })
      try {
        return (await client.send(command)).SecretString
      } catch (error) {
        if (error instanceof ResourceNotFoundException && VersionId) return undefined
        throw error
      }
    },

    async add(SecretId: string, ClientRequestToken: string, SecretString: string): Promise<void> {
      await client.send(
        new PutSecretValueCommand({
          SecretId,
          ClientRequestToken,
          SecretString,
          VersionStages: ['AWSPENDING'],
        }),
      )
    },

    /** AWS calls the one that was current `AWSPREVIOUS` by itself. */
    async makeCurrent(SecretId: string, versionId: string, from: string): Promise<void> {
      await client.send(
        new UpdateSecretVersionStageCommand({
          SecretId,
          VersionStage: 'AWSCURRENT',
          MoveToVersionId: versionId,
          RemoveFromVersionId: from,
        }),
      )
    },
  }
}
