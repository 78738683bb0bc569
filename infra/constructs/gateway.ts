import { Duration } from 'aws-cdk-lib'
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway'
import {
  type CfnStage,
  type HttpApi,
  type HttpRoute,
  HttpStage,
  type IHttpRouteAuthorizer,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { type Route, type Routes, routeKey } from '../../lib/http/route.ts'
import { resourceName, type StageConfig } from '../config.ts'
import { removalPolicy } from '../removal.ts'
import { HttpRoutes } from './http-routes.ts'

export interface GatewayProps {
  readonly stage: StageConfig
  readonly api: HttpApi
  readonly authorizer: IFunction
}

/** Where a password or a token can be guessed; per-client limits are the application's. */
const guessable = { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 }

/** What the HTTP API serves. It has no default authorizer: a route is open only by saying so in its table. */
export class Gateway extends Construct {
  private readonly api: HttpApi
  private readonly stage: HttpStage
  private readonly userAuthorizer: IHttpRouteAuthorizer

  constructor(scope: Construct, id: string, { stage, api, authorizer }: GatewayProps) {
    super(scope, id)
    this.api = api
    this.stage = this.createStage(stage)
    this.userAuthorizer = new HttpLambdaAuthorizer('User', authorizer, {
      authorizerName: 'user',
      responseTypes: [HttpLambdaResponseType.SIMPLE],
      identitySource: ['$request.header.Authorization'],
      resultsCacheTtl: Duration.seconds(60),
    })
  }

  serve(group: string, routes: Routes, fn: IFunction) {
    const { routes: added } = new HttpRoutes(this, group, {
      api: this.api,
      routes,
      fn,
      userAuthorizer: this.userAuthorizer,
      isFallback: group === 'system',
    })
    if (group === 'auth') this.throttle(Object.values(routes), added)
  }

  /** Throttles name routes, so the stage comes after them. */
  private throttle(routes: readonly Route[], added: readonly HttpRoute[]) {
    const open = routes.filter(({ auth }) => auth === 'none')
    const stage = this.stage.node.defaultChild as CfnStage
    stage.addPropertyOverride(
      'RouteSettings',
      Object.fromEntries(open.map((route) => [routeKey(route), guessable])),
    )
    stage.node.addDependency(...added)
  }

  private createStage(stage: StageConfig) {
    const logGroup = new LogGroup(this, 'AccessLogs', {
      // Under this prefix the gateway needs no entry in the account's one policy for log deliveries.
      logGroupName: `/aws/vendedlogs/${resourceName(stage, 'api')}`,
      retention: stage.logRetention,
      removalPolicy: removalPolicy(stage),
    })
    return new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: stage.throttle,
      accessLogSettings: { destination: new LogGroupLogDestination(logGroup), format: accessLog },
    })
  }
}

/** Who called what and how it ended; no headers, no query: tokens travel there. */
const accessLog = AccessLogFormat.custom(
  JSON.stringify({
    request_id: '$context.requestId',
    ip: '$context.identity.sourceIp',
    route: '$context.routeKey',
    status: '$context.status',
    bytes: '$context.responseLength',
    latency_ms: '$context.responseLatency',
    integration_ms: '$context.integrationLatency',
    authorizer_error: '$context.authorizer.error',
    error: '$context.error.message',
    at: '$context.requestTimeEpoch',
  }),
)
