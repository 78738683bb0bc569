import type { Outcome } from '../../../infra/local/lambda/outcome.ts'
import { createTemplate } from '../../../infra/local/template.ts'
import { runTriggers } from '../../../infra/local/triggers.ts'

const template = createTemplate(
  new Map([
    [
      'App',
      {
        Resources: {
          Migrate: { Type: 'AWS::Lambda::Function', Properties: { FunctionName: 'migrate' } },
          Version: { Type: 'AWS::Lambda::Version', Properties: { FunctionName: { Ref: 'Migrate' } } },
          Run: {
            Type: 'Custom::Trigger',
            Properties: { ServiceToken: 'provider-arn', HandlerArn: { Ref: 'Version' }, Timeout: '1000' },
          },
        },
      },
    ],
  ]),
  {},
)
const versionArn = 'arn:aws:lambda:us-east-1:000000000000:function:migrate:1'

test('asks the provider to create the trigger, as CloudFormation does', async () => {
  const calls: [string, Record<string, unknown>][] = []

  await runTriggers(template, async (target, payload) => {
    calls.push([target, JSON.parse(payload)])
    return { payload: 'null', requestId: 'r' }
  })

  expect(calls).toEqual([
    [
      'provider-arn',
      expect.objectContaining({
        RequestType: 'Create',
        LogicalResourceId: 'Run',
        ResourceProperties: { ServiceToken: 'provider-arn', HandlerArn: versionArn, Timeout: '1000' },
      }),
    ],
  ])
})

test('fails the start with what the function said', async () => {
  const failed: Outcome = {
    payload: '{"errorType":"Error","errorMessage":"no such table"}',
    functionError: 'Unhandled',
    requestId: 'r',
  }

  await expect(runTriggers(template, async () => failed)).rejects.toThrow(
    `${versionArn} failed: no such table`,
  )
})
