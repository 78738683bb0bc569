import { createClientReader } from '../../lib/analytics/clients/client.ts'
import { createSalts } from '../../lib/analytics/clients/salts.ts'
import { parseKeyRing } from '../../lib/auth/key-ring.ts'
import type { Sql } from '../../lib/db/client.ts'
import { createStreamService } from '../../lib/tracks/playback/stream-service.ts'

export const streamSecrets: Readonly<Record<string, string>> = {
  tokens: 'stream-token-secret-of-the-tests-'.repeat(2),
  urls: 'stream-url-secret-of-the-tests-'.repeat(2),
}

export const playKeys = parseKeyRing(
  JSON.stringify({ kid: '1', key: 'access-token-secret-of-the-tests-'.repeat(2) }),
)

/** The stream service with secrets that a test knows. */
export function createTestStreams(sql: Sql, now: () => Date) {
  return createStreamService({
    sql,
    now,
    secrets: { read: async (id) => streamSecrets[id]! },
    loadKeys: async () => playKeys,
    readClient: createClientReader({ readSalt: createSalts({ sql }), now }),
    streamServerUrl: 'http://stream.test',
    tokenSecretId: 'tokens',
    urlSecretId: 'urls',
  })
}
