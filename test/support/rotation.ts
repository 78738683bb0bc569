import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import {
  DescribeSecretCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { until } from '../../infra/local/client.ts'
import { sdkSettings, usePlatform } from './platform.ts'

/** Rotates the secret of this name as an operator does, and answers with the kid of its new key. */
export async function rotateSecret(name: 'JwtSecret' | 'FieldSecret' | 'WebhookSecret'): Promise<string> {
  const client = new SecretsManagerClient(sdkSettings(await usePlatform(), 'operator'))
  const SecretId = await arnOf(name)
  const ClientRequestToken = randomUUID()
  await client.send(new RotateSecretCommand({ SecretId, ClientRequestToken }))
  await until(`${name} to be rotated`, async () => {
    const { VersionIdsToStages = {} } = await client.send(new DescribeSecretCommand({ SecretId }))
    return VersionIdsToStages[ClientRequestToken]?.includes('AWSCURRENT') ? true : undefined
  })
  return ClientRequestToken
}

/** The platform keeps them beside its data, by their ARNs. */
async function arnOf(name: string): Promise<string> {
  const file = path.join(path.dirname(process.env.VEZA_PLATFORM_FILE!), 'secrets.json')
  const arns = Object.keys(JSON.parse(await readFile(file, 'utf8')))
  const arn = arns.find((one) => one.includes(`Secrets${name}`))
  if (!arn) throw new Error(`The platform has no ${name}: ${arns.join(', ')}`)
  return arn
}
