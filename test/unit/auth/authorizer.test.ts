import { randomUUID } from 'node:crypto'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda'
import { mockClient } from 'aws-sdk-client-mock'
import { type Actor, authorizerContext } from '../../../lib/auth/actor.ts'
import { parseKeyRing } from '../../../lib/auth/key-ring.ts'
import { createAccessTokenSigner } from '../../../lib/auth/tokens.ts'
import { justSignedIn } from '../../support/api.ts'

const secret = JSON.stringify({ kid: '1', key: 'k'.repeat(64) })
const actor: Actor = {
  id: randomUUID(),
  session_id: randomUUID(),
  role: 'user',
  token_version: 1,
  ...justSignedIn(),
}

mockClient(SecretsManagerClient)
  .on(GetSecretValueCommand, { SecretId: 'arn:jwt' })
  .resolves({ SecretString: secret })
process.env.JWT_SECRET_ARN = 'arn:jwt'
const { handler } = await import('../../../functions/authorizer/handler.ts')

const sign = (now = new Date()) =>
  createAccessTokenSigner({
    loadKeys: async () => parseKeyRing(secret),
    ttlSeconds: 900,
    now: () => now,
  }).sign(actor)

const authorize = (authorization?: string) =>
  handler({ headers: authorization ? { authorization } : {} } as APIGatewayRequestAuthorizerEventV2)

test('passes on the actor and when the token ends, in the shape that the dispatch reads', async () => {
  const { isAuthorized, context } = await authorize(`Bearer ${await sign()}`)

  expect(isAuthorized).toBe(true)
  expect(authorizerContext.parse(context)).toEqual({ ...actor, expires_at: expect.any(Number) })
})

test.each([
  {
    name: 'an expired token',
    header: async () => `Bearer ${await sign(new Date(0))}`,
    reason: 'token_expired',
  },
  { name: 'a tampered token', header: async () => `Bearer ${await sign()}x`, reason: 'unauthenticated' },
  { name: 'no token', header: async () => undefined, reason: 'unauthenticated' },
])('passes on why $name gives no actor', async ({ header, reason }) => {
  const { isAuthorized, context } = await authorize(await header())

  expect(isAuthorized).toBe(true)
  expect(authorizerContext.parse(context)).toEqual({ reason })
})
