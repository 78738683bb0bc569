import { ArnFormat, Stack } from 'aws-cdk-lib'
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2'
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import type { Route, Routes } from '../../lib/http/route.ts'
import { acknowledge } from './acknowledge.ts'
import type { ServiceFunction } from './service-function.ts'

/** For the stream server's own role: the routes that the table marks `iam`, and nothing else. */
export const streamServerPolicy = (scope: Construct, api: HttpApi, routes: Routes) =>
  invokePolicy(scope, 'StreamServerPolicy', api, {
    description: 'Lets the stream server call its internal routes',
    routes: Object.values(routes).filter(({ auth }) => auth === 'iam'),
  })

/** For the chat server's own role: what it must not let in any more. */
export const chatServerPolicy = (scope: Construct, api: HttpApi, revocations: Route) =>
  invokePolicy(scope, 'ChatServerPolicy', api, {
    description: 'Lets the chat server read which tokens it must refuse',
    routes: [revocations],
  })

interface Invocable {
  readonly description: string
  readonly routes: readonly Route[]
}

function invokePolicy(scope: Construct, id: string, api: HttpApi, { description, routes }: Invocable) {
  const resources = routes.map((route) => routeArn(Stack.of(scope), api, route))
  const policy = new ManagedPolicy(scope, id, {
    description,
    statements: [new PolicyStatement({ actions: ['execute-api:Invoke'], resources })],
  })
  for (const arn of resources.filter((one) => one.includes('*')))
    acknowledge(policy, `AwsSolutions-IAM5[Resource::${spelledOut(policy, arn)}]`, anyTrack)
  return policy
}

const anyTrack = 'The star stands for the id of a track in the path of this one route'

const routeArn = (stack: Stack, api: HttpApi, { method, path }: Route) =>
  stack.formatArn({
    service: 'execute-api',
    resource: api.apiId,
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    resourceName: `$default/${method}${path.replace(/\{[^}]+\}/g, '*')}`,
  })

/** As cdk-nag writes it: references as `<LogicalId>`. */
function spelledOut(policy: ManagedPolicy, arn: string): string {
  const parts: readonly (string | { readonly Ref: string })[] = Stack.of(policy).resolve(arn)['Fn::Join'][1]
  return parts.map((part) => (typeof part === 'string' ? part : `<${part.Ref}>`)).join('')
}

export interface Operated {
  readonly queues: readonly IQueue[]
  readonly invocable: readonly ServiceFunction[]
  readonly functions: readonly ServiceFunction[]
  readonly rotated: readonly Secret[]
}

/**
 * For people on call: look into queues and logs, redrive what was given up, run the functions that are made for it,
 * rotate the keys.
 */
export function operatorPolicy(scope: Construct, { queues, invocable, functions, rotated }: Operated) {
  return new ManagedPolicy(scope, 'OperatorPolicy', {
    description:
      'Lets operators redrive queues, read logs, migrate, flush the outbox, grant roles and rotate keys',
    statements: [
      new PolicyStatement({
        actions: [
          'sqs:SendMessage',
          'sqs:ReceiveMessage',
          'sqs:DeleteMessage',
          'sqs:GetQueueAttributes',
          'sqs:GetQueueUrl',
          'sqs:StartMessageMoveTask',
          'sqs:CancelMessageMoveTask',
          'sqs:ListMessageMoveTasks',
          'sqs:ListDeadLetterSourceQueues',
        ],
        resources: queues.map(({ queueArn }) => queueArn),
      }),
      new PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: invocable.map(({ fn }) => fn.functionArn),
      }),
      new PolicyStatement({
        actions: ['logs:FilterLogEvents', 'logs:GetLogEvents', 'logs:DescribeLogStreams'],
        resources: functions.map(({ logGroup }) => logGroup.logGroupArn),
      }),
      // Starting a rotation asks for the right to invoke its function too.
      new PolicyStatement({
        actions: ['secretsmanager:RotateSecret', 'secretsmanager:DescribeSecret'],
        resources: rotated.map(({ secretArn }) => secretArn),
      }),
    ],
  })
}
