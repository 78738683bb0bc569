import { ACCOUNT, REGION } from '../template.ts'
import { AwsError, notImplemented } from './aws-error.ts'
import { type AwsService, failJson } from './aws-service.ts'
import { decode } from './sigv4.ts'

export type InvocationType = 'RequestResponse' | 'Event' | 'DryRun'

/** The local Lambda; rejects with an AwsError where the function is not there. */
export type InvokeFunction = (
  nameOrArn: string,
  payload: string,
  type: InvocationType,
) => Promise<{ readonly payload?: string; readonly functionError?: string }>

const statuses: Readonly<Record<InvocationType, number>> = { RequestResponse: 200, Event: 202, DryRun: 204 }

export function createLambdaService(invokeFunction: InvokeFunction): AwsService {
  return {
    name: 'lambda',
    streams: false,
    identify({ incoming, path, method, body }) {
      const match = /^\/2015-03-31\/functions\/([^/?]+)\/invocations/.exec(path)
      if (!match || method !== 'POST') throw notImplemented(`the Lambda call ${method} ${path}`)
      const type = String(incoming.headers['x-amz-invocation-type'] ?? 'RequestResponse')
      if (!isInvocationType(type))
        throw new AwsError('InvalidParameterValueException', 400, `There is no invocation type ${type}.`)
      const resource = functionArn(decode(match[1] ?? ''))
      return {
        name: 'lambda:InvokeFunction',
        needs: [{ action: 'lambda:InvokeFunction', resource }],
        async run(response) {
          const { payload = '', functionError } = await invokeFunction(resource, body.toString('utf8'), type)
          response.writeHead(statuses[type], {
            'content-type': 'application/json',
            'x-amz-executed-version': '$LATEST',
            ...(functionError && { 'x-amz-function-error': functionError }),
          })
          response.end(type === 'RequestResponse' ? payload : undefined)
        },
      }
    },
    fail: failJson({ contentType: 'application/json' }),
  }
}

const isInvocationType = (type: string): type is InvocationType => type in statuses

/** A function is named by name, ARN or `account:function:name`. With a qualifier it is another resource to IAM. */
function functionArn(given: string): string {
  const parts = given.split(':')
  const at = parts.indexOf('function')
  return [`arn:aws:lambda:${REGION}:${ACCOUNT}:function`, ...parts.slice(at + 1)].join(':')
}
