import { Duration } from 'aws-cdk-lib'
import { CorsHttpMethod, HttpApi } from 'aws-cdk-lib/aws-apigatewayv2'
import { Construct } from 'constructs'
import { resourceName, type StageConfig } from '../config.ts'
import type { Alarms } from './alarms.ts'

export interface FrontApiProps {
  readonly stage: StageConfig
  readonly alarms: Alarms
  readonly corsOrigins: string[]
}

/** The HTTP API itself: its address, and whose pages may call it. What it serves is in the stack of the routes. */
export class FrontApi extends Construct {
  readonly api: HttpApi

  constructor(scope: Construct, id: string, { stage, alarms, corsOrigins }: FrontApiProps) {
    super(scope, id)
    this.api = new HttpApi(this, 'Api', {
      apiName: resourceName(stage, 'api'),
      createDefaultStage: false,
      corsPreflight: cors(corsOrigins),
    })
    alarms.watch('api-5xx', {
      metric: this.api.metricServerError({ period: Duration.minutes(5) }),
      above: 0,
      description: 'The API answered with a 5xx',
    })
  }
}

/** Credentials are allowed for the refresh cookie, hence exact origins only. */
const cors = (allowOrigins: string[]) => ({
  allowOrigins,
  allowCredentials: true,
  allowMethods: [
    CorsHttpMethod.GET,
    CorsHttpMethod.POST,
    CorsHttpMethod.PUT,
    CorsHttpMethod.PATCH,
    CorsHttpMethod.DELETE,
  ],
  allowHeaders: [
    'authorization',
    'content-type',
    'idempotency-key',
    'if-match',
    'if-none-match',
    'prefer',
    'traceparent',
    'x-csrf-token',
    'x-device-token',
    'x-request-id',
    'x-share-token',
  ],
  exposeHeaders: [
    'etag',
    'idempotent-replayed',
    'link',
    'location',
    'ratelimit',
    'ratelimit-policy',
    'retry-after',
    'x-request-id',
  ],
  maxAge: Duration.hours(1),
})
