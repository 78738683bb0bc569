import { routeGroups } from '../../functions/routes.ts'
import type { Route } from '../../lib/http/route.ts'
import { everyResource, functionsByName, type Resource, resources, synthesize, target } from './synth.ts'

const stage = synthesize('dev')
const policy = (name: string): Resource =>
  resources(stage.app, 'AWS::IAM::ManagedPolicy').find(({ id }) => id.startsWith(name))!

it('lets the stream server call the routes of the table that are marked iam, and nothing else', () => {
  const allowed = Object.values(routeGroups)
    .flatMap((routes) => Object.values<Route>(routes))
    .filter(({ auth }) => auth === 'iam')
    .map(({ method, path }) => `/$default/${method}${path.replace(/\{\w+\}/g, '*')}`)
  const [statement, ...others] = policy('StreamServerPolicy').Properties.PolicyDocument.Statement
  const [api] = resources(stage.app, 'AWS::ApiGatewayV2::Api')

  expect(others).toEqual([])
  expect(statement).toMatchObject({ Effect: 'Allow', Action: 'execute-api:Invoke' })
  expect(statement.Resource.map((arn: Joined) => arn['Fn::Join'][1].at(-1)).sort()).toEqual(allowed.sort())
  for (const arn of statement.Resource) expect(arn['Fn::Join'][1]).toContainEqual({ Ref: api!.id })
})

it('lets the chat server read what is revoked, and nothing else', () => {
  const [statement, ...others] = policy('ChatServerPolicy').Properties.PolicyDocument.Statement
  const [api] = resources(stage.app, 'AWS::ApiGatewayV2::Api')

  expect(others).toEqual([])
  expect(statement).toMatchObject({ Effect: 'Allow', Action: 'execute-api:Invoke' })
  const parts = statement.Resource['Fn::Join'][1]
  expect(parts).toContainEqual({ Ref: api!.id })
  expect(parts.at(-1)).toBe('/$default/GET/api/v1/internal/revocations')
})

it('lets operators work every queue, run five functions, read logs and rotate three secrets', () => {
  const [queues, functions, logs, secrets, ...others] =
    policy('OperatorPolicy').Properties.PolicyDocument.Statement
  const all = everyResource(stage, 'AWS::SQS::Queue').map(({ id }) => id)
  const byName = functionsByName(stage)

  expect(others).toEqual([])
  for (const id of all) expect(JSON.stringify(queues.Resource)).toContain(id)
  expect(queues.Resource).toHaveLength(all.length)
  expect(queues.Action).toEqual(expect.arrayContaining(['sqs:StartMessageMoveTask', 'sqs:ReceiveMessage']))
  expect(functions.Action).toBe('lambda:InvokeFunction')
  expect(functions.Resource.map(target).sort()).toEqual(
    ['definitions-updater', 'key-rotator', 'migrate', 'ops', 'outbox-relay']
      .map((name) => byName.get(name)!.id)
      .sort(),
  )
  expect(logs.Resource).toHaveLength(byName.size)
  for (const action of logs.Action) expect(action).toMatch(/^logs:(Filter|Get|Describe)/)
  expect(secrets.Action).toEqual(['secretsmanager:DescribeSecret', 'secretsmanager:RotateSecret'])
  expect(JSON.stringify(secrets.Resource)).toMatch(/FieldSecret.*JwtSecret.*WebhookSecret/)
  expect(secrets.Resource).toHaveLength(3)
})

it('tells what a caller needs, and takes what a deployment may set', () => {
  const told = Object.entries(stage.app.findOutputs('*')).filter(([, { Export }]) => Export === undefined)
  expect(told.map(([id]) => id).sort()).toEqual([
    'ApiUrl',
    'ChatServerPolicyArn',
    'MediaBucketName',
    'OperatorPolicyArn',
    'PicturesUrl',
    'StreamServerPolicyArn',
    'UploadsBucketName',
  ])
  const parameters = Object.keys(stage.app.findParameters('*')).filter((name) => name !== 'BootstrapVersion')
  expect(parameters.sort()).toEqual([
    'AppUrl',
    'BreachListUrl',
    'ChatWsUrl',
    'CorsOrigins',
    'DefinitionsMirror',
    'DefinitionsUrls',
    'MailFrom',
    'MediaUrl',
    'PasskeyDomain',
    'PlatformFeeBps',
    'PublicApiUrl',
    'StreamServerUrl',
    'StripeApiUrl',
  ])
})

it('lets mails be sent as the sender only', () => {
  const statements = resources(stage.app, 'AWS::IAM::Policy').flatMap(
    ({ Properties }) => Properties.PolicyDocument.Statement,
  )
  const [send, ...others] = statements.filter(({ Action }) => Action === 'ses:SendEmail')
  expect(others).toEqual([])
  expect(send.Resource.map((arn: Joined) => arn['Fn::Join'][1].at(-1))).toEqual(
    expect.arrayContaining([
      { Ref: 'MailFrom' },
      { 'Fn::Select': [1, { 'Fn::Split': ['@', { Ref: 'MailFrom' }] }] },
    ]),
  )
})

interface Joined {
  readonly 'Fn::Join': readonly [string, readonly unknown[]]
}
