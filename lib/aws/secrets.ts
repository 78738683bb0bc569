import { clientSettings } from './client-settings.ts'

export interface Secrets {
  /** The secret as it was at most `maxAgeMs` ago, five minutes unless said otherwise. */
  read(secretId: string, maxAgeMs?: number): Promise<string>
}

interface Entry {
  readonly value: Promise<string>
  readonly read_at: number
}

const defaultMaxAgeMs = 5 * 60 * 1000

/** Reads secrets once per environment and a few minutes, and loads the SDK only then. */
export function createSecrets({ fetchSecret = createFetcher(), now = Date.now } = {}): Secrets {
  const entries = new Map<string, Entry>()

  const fetchInto = (secretId: string) => {
    const before = entries.get(secretId)
    const entry = { value: fetchSecret(secretId), read_at: now() }
    entries.set(secretId, entry)
    entry.value.catch(() => restore(secretId, entry, before))
    return entry.value
  }

  /** A failure is not remembered, and what was known before it still is. */
  const restore = (secretId: string, failed: Entry, before: Entry | undefined) => {
    if (entries.get(secretId) !== failed) return
    if (before) entries.set(secretId, before)
    else entries.delete(secretId)
  }

  return {
    async read(secretId, maxAgeMs = defaultMaxAgeMs) {
      const entry = entries.get(secretId)
      const isFresh = entry !== undefined && Math.abs(now() - entry.read_at) < maxAgeMs
      return isFresh ? entry.value : fetchInto(secretId)
    },
  }
}

function createFetcher(): (secretId: string) => Promise<string> {
  let loading: ReturnType<typeof loadClient> | undefined

  return async (secretId) => {
    loading ??= loadClient()
    const { client, GetSecretValueCommand } = await loading
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId }))
    if (!SecretString) throw new Error(`The secret ${secretId} has no text`)
    return SecretString
  }
}

async function loadClient() {
  const { SecretsManagerClient, GetSecretValueCommand } = await import('@aws-sdk/client-secrets-manager')
  return { client: new SecretsManagerClient(clientSettings), GetSecretValueCommand }
}
