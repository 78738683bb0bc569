import type { IncomingHttpHeaders } from 'node:http'
import type { Caller, Principals } from '../principals.ts'
import { authenticate } from './authenticate.ts'
import { AwsError } from './aws-error.ts'
import type { Authorizer } from './iam.ts'
import { readSignature } from './sigv4.ts'

/** A request at the gateway on a route whose authorization is AWS_IAM. */
export interface GatewayCall {
  readonly method: string
  /** Raw, with its query string. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** `arn:aws:execute-api:<region>:<account>:<api>/<stage>/<METHOD>/<path>` */
  readonly resourceArn: string
}

export function createGatewayVerifier(options: {
  readonly principals: Principals
  readonly authorizer: Authorizer
  readonly now: () => Date
}) {
  return async (
    call: GatewayCall,
  ): Promise<{ readonly principal: Caller } | { readonly problem: string }> => {
    try {
      const principal = authenticate(call, readSignature(call), {
        principals: options.principals,
        now: options.now(),
        service: 'execute-api',
        body: call.body,
      })
      const need = { action: 'execute-api:Invoke', resource: call.resourceArn }
      const decision = await options.authorizer.authorize(principal, need)
      return decision.allowed ? { principal } : { problem: decision.message ?? 'Forbidden' }
    } catch (error) {
      if (error instanceof AwsError) return { problem: error.message }
      throw error
    }
  }
}
