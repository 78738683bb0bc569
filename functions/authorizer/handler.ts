import type {
  APIGatewayRequestAuthorizerEventV2,
  APIGatewaySimpleAuthorizerWithContextResult,
} from 'aws-lambda'
import type { AuthorizerContext } from '../../lib/auth/actor.ts'
import { createKeyLoader } from '../../lib/auth/key-ring.ts'
import { createTokenVerifier, type VerifiedToken } from '../../lib/auth/tokens.ts'
import { createSecrets } from '../../lib/aws/secrets.ts'
import { requireEnv } from '../../lib/config.ts'

const verifyToken = createTokenVerifier({
  loadKeys: createKeyLoader(createSecrets(), requireEnv('JWT_SECRET_ARN')),
})

/** Lets every call through with who it is or why that is not known: the function answers a refusal better. */
export async function handler(
  event: APIGatewayRequestAuthorizerEventV2,
): Promise<APIGatewaySimpleAuthorizerWithContextResult<AuthorizerContext>> {
  const token = await verifyToken(event.headers?.authorization)
  return { isAuthorized: true, context: toContext(token ?? { reason: 'unauthenticated' }) }
}

const toContext = (token: VerifiedToken): AuthorizerContext =>
  'reason' in token ? token : { ...token.actor, expires_at: token.expires_at }
