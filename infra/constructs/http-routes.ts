import {
  type HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpRoute,
  HttpRouteKey,
  type IHttpRouteAuthorizer,
} from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import type { Auth, Routes } from '../../lib/http/route.ts'
import { acknowledge } from './acknowledge.ts'

export interface HttpRoutesProps {
  readonly api: HttpApi
  readonly routes: Routes
  readonly fn: IFunction
  readonly userAuthorizer: IHttpRouteAuthorizer
  /** Whether this function also gets what no route matches. */
  readonly isFallback?: boolean
}

type Open = Extract<Auth, 'none' | 'optional' | 'signature'>

const reasons: Readonly<Record<Open, string>> = {
  none: 'Public by the route table: it serves people who have no session yet, or nothing private',
  optional: 'Answers guests too by the route table; the function verifies a token that is presented',
  signature: 'The caller signs the body, and the function verifies it over the bytes as sent',
}

/** One gateway route for each row of a group's table, all served by one function through one integration. */
export class HttpRoutes extends Construct {
  readonly routes: readonly HttpRoute[]

  constructor(scope: Construct, id: string, props: HttpRoutesProps) {
    super(scope, id)
    const { api, routes, fn, userAuthorizer, isFallback = false } = props
    // One permission for the function, not one for each route: its policy holds 20 KB.
    const integration = new HttpLambdaIntegration(`${id}Integration`, fn, { scopePermissionToRoute: false })
    const open = new HttpNoneAuthorizer()
    const authorizers: Readonly<Record<Auth, IHttpRouteAuthorizer>> = {
      none: open,
      optional: open,
      signature: open,
      user: userAuthorizer,
      iam: new HttpIamAuthorizer(),
    }

    this.routes = Object.values(routes).map(({ method, path, auth }) => {
      const route = new HttpRoute(this, `${method} ${path}`, {
        httpApi: api,
        routeKey: HttpRouteKey.with(path, HttpMethod[method]),
        integration,
        authorizer: authorizers[auth],
      })
      if (isOpen(auth)) explainOpen(route, reasons[auth])
      return route
    })
    if (isFallback) this.addFallback(api, integration, open)
  }

  /** The gateway answers preflights before it looks at any route, this one too. */
  private addFallback(httpApi: HttpApi, integration: HttpLambdaIntegration, authorizer: HttpNoneAuthorizer) {
    const routeKey = HttpRouteKey.DEFAULT
    const route = new HttpRoute(this, 'Fallback', { httpApi, routeKey, integration, authorizer })
    explainOpen(route, 'Only ever refuses, with 404 or 405: it is what no route of the table matches')
  }
}

const isOpen = (auth: Auth): auth is Open => Object.hasOwn(reasons, auth)

const explainOpen = (route: HttpRoute, reason: string) => acknowledge(route, 'AwsSolutions-APIG4', reason)
