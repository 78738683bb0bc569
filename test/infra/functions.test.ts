import { readFileSync } from 'node:fs'
import path from 'node:path'
import { functionsByName, type Resource, resources, synthesize, target } from './synth.ts'

const root = path.join(import.meta.dirname, '../..')
const stage = synthesize('staging')
const functions = functionsByName(stage)
const table = [...functions].map(([name, fn]) => ({ name, fn }))

const everywhere = ['LOG_LEVEL', 'POWERTOOLS_SERVICE_NAME', 'STAGE']
/** Read by Node itself, or set in the image. */
const ofRuntime = [
  'NODE_EXTRA_CA_CERTS',
  'CLAMD_SOCKET',
  'DEFINITIONS_DIRECTORY',
  'BUNDLED_DEFINITIONS',
  'FRESHCLAM',
]
const withDatabase = [...everywhere, 'DB_PREPARE', 'PGDATABASE', 'PGHOST', 'PGPORT', 'PGSSLMODE', 'PGUSER']
const serving = [...withDatabase, 'CACHE_URL', 'CORS_ORIGINS', 'MEDIA_URL']

const settings: Readonly<Record<string, readonly string[]>> = {
  auth: [
    ...serving,
    'ACCESS_TOKEN_TTL_SECONDS',
    'BCRYPT_COST',
    'EVENTS_QUEUE_URL',
    'FIELD_SECRET_ARN',
    'JWT_SECRET_ARN',
    'PWNED_PASSWORDS_URL',
    'WEBAUTHN_RP_ID',
  ],
  users: [
    ...serving,
    'BCRYPT_COST',
    'EVENTS_QUEUE_URL',
    'EXPORTS_BUCKET',
    'JWT_SECRET_ARN',
    'UPLOADS_BUCKET',
  ],
  tracks: [
    ...serving,
    'APP_URL',
    'EVENTS_QUEUE_URL',
    'JWT_SECRET_ARN',
    'MEDIA_KEY_SECRET_ARN',
    'STREAM_JWT_SECRET_ARN',
    'STREAM_SERVER_URL',
    'STREAM_URL_SECRET_ARN',
    'UPLOADS_BUCKET',
  ],
  playlists: [...serving, 'EVENTS_QUEUE_URL', 'JWT_SECRET_ARN', 'UPLOADS_BUCKET'],
  social: [...serving, 'EVENTS_QUEUE_URL', 'JWT_SECRET_ARN'],
  marketplace: [
    ...serving,
    'API_URL',
    'APP_URL',
    'EVENTS_QUEUE_URL',
    'EXPORTS_BUCKET',
    'JWT_SECRET_ARN',
    'LICENSE_KEY_SECRET_ARN',
    'MEDIA_KEY_SECRET_ARN',
    'PLATFORM_FEE_BPS',
    'STRIPE_API_URL',
    'STRIPE_QUEUE_URL',
    'STRIPE_SECRET_ARN',
  ],
  analytics: [...serving, 'ANALYTICS_QUEUE_URL', 'EXPORTS_BUCKET', 'JWT_SECRET_ARN'],
  webhooks: [
    ...serving,
    'FIELD_SECRET_ARN',
    'WEBHOOKS_QUEUE_URL',
    'WEBHOOK_ALLOW_LOCAL',
    'WEBHOOK_SECRET_ARN',
  ],
  chat: [...serving, 'CHAT_JWT_SECRET_ARN', 'CHAT_WS_URL'],
  admin: [...serving, 'EVENTS_QUEUE_URL'],
  internal: [...serving, 'EVENTS_QUEUE_URL', 'JWT_SECRET_ARN', 'MEDIA_BUCKET'],
  system: [...serving, 'APP_VERSION', 'EVENTS_QUEUE_URL', 'UPLOADS_BUCKET'],
  authorizer: [...everywhere, 'JWT_SECRET_ARN'],
  'key-rotator': everywhere,
  'definitions-updater': [...everywhere, 'DEFINITIONS_BUCKET', 'DEFINITIONS_MIRROR', 'DEFINITIONS_URLS'],
  'scan-worker': [
    ...withDatabase,
    'DEFINITIONS_BUCKET',
    'EVENTS_QUEUE_URL',
    'MEDIA_BUCKET',
    'SCAN_QUEUE_URL',
    'UPLOADS_BUCKET',
  ],
  'metadata-worker': [
    ...withDatabase,
    'EVENTS_QUEUE_URL',
    'MEDIA_BUCKET',
    'METADATA_QUEUE_URL',
    'UPLOADS_BUCKET',
  ],
  'analysis-worker': [...withDatabase, 'ANALYSIS_QUEUE_URL', 'MEDIA_BUCKET'],
  'jobs-worker': [
    ...withDatabase,
    'ANALYSIS_QUEUE_URL',
    'API_URL',
    'APP_URL',
    'EVENTS_QUEUE_URL',
    'EXPORTS_BUCKET',
    'FIELD_SECRET_ARN',
    'MAIL_CONFIGURATION_SET',
    'MAIL_FROM',
    'METADATA_QUEUE_URL',
    'SCAN_QUEUE_URL',
    'STREAM_JOB_SECRET_ARN',
    'STREAM_SERVER_URL',
    'STRIPE_QUEUE_URL',
    'WEBHOOKS_QUEUE_URL',
    'WEBHOOK_SECRET_ARN',
  ],
  'stripe-worker': [
    ...withDatabase,
    'API_URL',
    'EVENTS_QUEUE_URL',
    'EXPORTS_BUCKET',
    'LICENSE_KEY_SECRET_ARN',
    'STRIPE_API_URL',
    'STRIPE_QUEUE_URL',
    'STRIPE_SECRET_ARN',
  ],
  'webhook-worker': [
    ...everywhere,
    'WEBHOOKS_QUEUE_URL',
    'WEBHOOK_ALLOW_LOCAL',
    'WEBHOOK_RESULTS_QUEUE_URL',
    'WEBHOOK_SECRET_ARN',
  ],
  'analytics-worker': [...withDatabase, 'ANALYTICS_QUEUE_URL'],
  'outbox-relay': [...withDatabase, 'EVENTS_QUEUE_URL'],
  ops: withDatabase,
  'webhook-results-worker': [
    ...withDatabase,
    'EVENTS_QUEUE_URL',
    'FIELD_SECRET_ARN',
    'WEBHOOKS_QUEUE_URL',
    'WEBHOOK_RESULTS_QUEUE_URL',
    'WEBHOOK_SECRET_ARN',
  ],
  scheduler: [
    ...withDatabase,
    'DEFINITIONS_BUCKET',
    'EXPORTS_BUCKET',
    'FIELD_SECRET_ARN',
    'MEDIA_BUCKET',
    'RESCAN_DAYS',
    'RESCAN_PER_MINUTE',
    'SCAN_QUEUE_URL',
    'STRIPE_QUEUE_URL',
    'UPLOADS_BUCKET',
    'WEBHOOKS_QUEUE_URL',
    'WEBHOOK_SECRET_ARN',
  ],
  migrate: [...withDatabase, 'APP_DATABASE_USER', 'DATABASE_ADMIN_SECRET_ARN', 'NODE_EXTRA_CA_CERTS'],
}

/** They need neither the database nor the network it is in. */
const outside = ['authorizer', 'key-rotator', 'definitions-updater', 'webhook-worker']

const images = ['scan-worker', 'definitions-updater']

/** All that a function may do, beside writing its log: `action place`. */
const grants: Readonly<Record<string, readonly string[]>> = {
  auth: [
    'rds-db:connect DatabaseProxy',
    'secretsmanager:GetSecretValue FieldSecret',
    'secretsmanager:GetSecretValue JwtSecret',
    'sqs:SendMessage EventsQueue',
  ],
  users: [
    'rds-db:connect DatabaseProxy',
    's3:GetObject ExportsBucket/exports/accounts/*',
    's3:PutObject UploadsBucket/uploads/images/*',
    'secretsmanager:GetSecretValue JwtSecret',
    'sqs:SendMessage EventsQueue',
  ],
  tracks: [
    'rds-db:connect DatabaseProxy',
    's3:AbortMultipartUpload UploadsBucket/uploads/*',
    's3:ListBucketVersions UploadsBucket',
    's3:ListMultipartUploadParts UploadsBucket/uploads/*',
    's3:PutObject UploadsBucket/uploads/*',
    'secretsmanager:GetSecretValue JwtSecret',
    'secretsmanager:GetSecretValue MediaKeySecret',
    'secretsmanager:GetSecretValue StreamJwtSecret',
    'secretsmanager:GetSecretValue StreamUrlSecret',
    'sqs:SendMessage EventsQueue',
  ],
  playlists: [
    'rds-db:connect DatabaseProxy',
    's3:PutObject UploadsBucket/uploads/images/*',
    'secretsmanager:GetSecretValue JwtSecret',
    'sqs:SendMessage EventsQueue',
  ],
  social: [
    'rds-db:connect DatabaseProxy',
    'secretsmanager:GetSecretValue JwtSecret',
    'sqs:SendMessage EventsQueue',
  ],
  marketplace: [
    'rds-db:connect DatabaseProxy',
    's3:GetObject ExportsBucket/exports/statements/*',
    'secretsmanager:GetSecretValue JwtSecret',
    'secretsmanager:GetSecretValue LicenseKeySecret',
    'secretsmanager:GetSecretValue MediaKeySecret',
    'secretsmanager:GetSecretValue StripeSecret',
    'sqs:SendMessage EventsQueue',
    'sqs:SendMessage StripeQueue',
  ],
  webhooks: [
    'rds-db:connect DatabaseProxy',
    'secretsmanager:GetSecretValue FieldSecret',
    'secretsmanager:GetSecretValue WebhookSecret',
    'sqs:SendMessage WebhooksQueue',
  ],
  analytics: [
    'rds-db:connect DatabaseProxy',
    's3:GetObject ExportsBucket/exports/analytics/*',
    's3:PutObject ExportsBucket/exports/analytics/*',
    'secretsmanager:GetSecretValue JwtSecret',
    'sqs:SendMessage AnalyticsQueue',
  ],
  chat: ['rds-db:connect DatabaseProxy', 'secretsmanager:GetSecretValue ChatJwtSecret'],
  admin: ['rds-db:connect DatabaseProxy', 'sqs:SendMessage EventsQueue'],
  internal: [
    'rds-db:connect DatabaseProxy',
    's3:GetObject MediaBucket/originals/*',
    's3:GetObjectVersion MediaBucket/originals/*',
    'secretsmanager:GetSecretValue JwtSecret',
    'sqs:SendMessage EventsQueue',
  ],
  system: [
    'rds-db:connect DatabaseProxy',
    's3:ListBucket UploadsBucket',
    'sqs:GetQueueAttributes EventsQueue',
  ],
  authorizer: ['secretsmanager:GetSecretValue JwtSecret'],
  'key-rotator': ['JwtSecret', 'FieldSecret', 'WebhookSecret'].flatMap((secret) =>
    ['DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage'].map(
      (action) => `secretsmanager:${action} ${secret}`,
    ),
  ),
  'definitions-updater': [
    's3:GetObject DefinitionsBucket/definitions/*',
    's3:PutObject DefinitionsBucket/definitions/*',
  ],
  'scan-worker': [
    'rds-db:connect DatabaseProxy',
    's3:GetObject DefinitionsBucket/definitions/*',
    's3:DeleteObjectVersion UploadsBucket/uploads/*',
    's3:GetObject MediaBucket/originals/*',
    's3:GetObjectVersion MediaBucket/originals/*',
    's3:GetObjectVersion UploadsBucket/uploads/*',
    's3:PutObject MediaBucket/originals/*',
    's3:PutObjectVersionTagging MediaBucket/originals/*',
    's3:PutObjectVersionTagging UploadsBucket/uploads/*',
    'sqs:SendMessage EventsQueue',
    ...consume('ScanQueue'),
  ],
  'metadata-worker': [
    'rds-db:connect DatabaseProxy',
    's3:DeleteObjectVersion MediaBucket/originals/images/*',
    's3:GetObjectVersion MediaBucket/originals/*',
    's3:PutObject MediaBucket/images/*',
    's3:PutObject UploadsBucket/uploads/images/*',
    'sqs:SendMessage EventsQueue',
    ...consume('MetadataQueue'),
  ],
  'analysis-worker': [
    'rds-db:connect DatabaseProxy',
    's3:GetObject MediaBucket/originals/*',
    's3:GetObjectVersion MediaBucket/originals/*',
    's3:PutObject MediaBucket/licensed/*',
    's3:PutObject MediaBucket/previews/*',
    's3:PutObject MediaBucket/waveforms/*',
    ...consume('AnalysisQueue'),
  ],
  'jobs-worker': [
    'rds-db:connect DatabaseProxy',
    's3:PutObject ExportsBucket/exports/accounts/*',
    'secretsmanager:GetSecretValue FieldSecret',
    'secretsmanager:GetSecretValue StreamJobSecret',
    'secretsmanager:GetSecretValue WebhookSecret',
    'ses:SendEmail configuration-set/veza-staging-mail',
    'ses:SendEmail identity',
    'ses:SendEmail identity',
    'sqs:SendMessage AnalysisQueue',
    'sqs:SendMessage EventsQueue',
    'sqs:SendMessage MetadataQueue',
    'sqs:SendMessage ScanQueue',
    'sqs:SendMessage StripeQueue',
    'sqs:SendMessage WebhooksQueue',
    ...consume('EventsQueue'),
  ],
  'stripe-worker': [
    'rds-db:connect DatabaseProxy',
    's3:PutObject ExportsBucket/exports/statements/*',
    'secretsmanager:GetSecretValue LicenseKeySecret',
    'secretsmanager:GetSecretValue StripeSecret',
    'sqs:SendMessage EventsQueue',
    'sqs:SendMessage StripeQueue',
    ...consume('StripeQueue'),
  ],
  'webhook-worker': [
    'secretsmanager:GetSecretValue WebhookSecret',
    'sqs:SendMessage WebhookResultsQueue',
    ...consume('WebhooksQueue'),
  ],
  'analytics-worker': ['rds-db:connect DatabaseProxy', ...consume('AnalyticsQueue')],
  'outbox-relay': ['rds-db:connect DatabaseProxy', 'sqs:SendMessage EventsQueue'],
  ops: ['rds-db:connect DatabaseProxy'],
  'webhook-results-worker': [
    'rds-db:connect DatabaseProxy',
    'secretsmanager:GetSecretValue FieldSecret',
    'secretsmanager:GetSecretValue WebhookSecret',
    'sqs:SendMessage EventsQueue',
    'sqs:SendMessage WebhooksQueue',
    ...consume('WebhookResultsQueue'),
  ],
  scheduler: [
    'rds-db:connect DatabaseProxy',
    's3:AbortMultipartUpload UploadsBucket/uploads/*',
    's3:DeleteObject ExportsBucket/exports/accounts/*',
    's3:DeleteObject MediaBucket/images/*',
    's3:DeleteObject MediaBucket/licensed/*',
    's3:DeleteObject MediaBucket/originals/*',
    's3:DeleteObject MediaBucket/previews/*',
    's3:DeleteObject MediaBucket/waveforms/*',
    's3:DeleteObjectVersion MediaBucket/originals/*',
    's3:GetObject DefinitionsBucket/definitions/current.json',
    's3:ListBucketVersions UploadsBucket',
    's3:ListMultipartUploadParts UploadsBucket/uploads/*',
    's3:PutObject UploadsBucket/uploads/*',
    'secretsmanager:GetSecretValue FieldSecret',
    'secretsmanager:GetSecretValue WebhookSecret',
    'sqs:SendMessage ScanQueue',
    'sqs:SendMessage StripeQueue',
    'sqs:SendMessage WebhooksQueue',
  ],
  migrate: ['secretsmanager:GetSecretValue MasterUserSecret'],
}

it('has the functions of the table and no other', () => {
  expect([...functions.keys()].sort()).toEqual(Object.keys(settings).sort())
})

describe.each(table)('$name', ({ name, fn }) => {
  it('gets exactly the settings of the table', () => {
    expect(Object.keys(fn.Properties.Environment.Variables).sort()).toEqual([...settings[name]!].sort())
  })

  it('has a handler that reads its own settings, and no others', () => {
    const handler = readFileSync(path.join(root, 'functions', name, 'handler.ts'), 'utf8')
    // And what several functions compose alike.
    const shared = [...handler.matchAll(/from '\.\.\/([\w-]+\.ts)'/g)].map(([, file]) =>
      readFileSync(path.join(root, 'functions', file!), 'utf8'),
    )
    const source = [handler, ...shared].join('\n')
    const read = new Set(
      [...source.matchAll(/(?:require\w+|readList|readText|env\.)\W*([A-Z_]{4,})/g)].map(([, key]) => key),
    )
    const own = settings[name]!.filter((key) => !withDatabase.includes(key) && !ofRuntime.includes(key))
    expect([...read].filter((key) => !ofRuntime.includes(key!)).sort()).toEqual([...own].sort())
  })

  it('gets no secret as a setting', () => {
    const values = JSON.stringify(fn.Properties.Environment.Variables)
    expect(values).not.toContain('resolve:secretsmanager')
    expect(Object.keys(fn.Properties.Environment.Variables)).not.toContain('PGPASSWORD')
  })

  it('is an arm64 function with a log that ends', () => {
    expect(fn.Properties.Architectures).toEqual(['arm64'])
    expect(fn.Properties.Runtime ?? fn.Properties.PackageType).toBe(
      images.includes(name) ? 'Image' : 'nodejs24.x',
    )
    const logGroup = target(fn.Properties.LoggingConfig.LogGroup)
    const [log] = resources(stage.app, 'AWS::Logs::LogGroup').filter(({ id }) => id === logGroup)
    expect(log!.Properties).toMatchObject({
      LogGroupName: `/aws/lambda/veza-staging-${name}`,
      RetentionInDays: 30,
    })
  })

  it('rings when it fails or is refused an environment', () => {
    const metrics = resources(stage.app, 'AWS::CloudWatch::Alarm')
      .filter(({ Properties }) =>
        Properties.Dimensions?.some(
          (dimension: { Value: { Ref?: string } }) => dimension.Value.Ref === fn.id,
        ),
      )
      .filter(({ Properties }) => Properties.Namespace === 'AWS/Lambda')
      .map(({ Properties }) => Properties.MetricName)
    expect(metrics.sort()).toEqual(['Errors', 'Throttles'])
  })

  it('may do what the table says and nothing else', () => {
    const logs = ['logs:CreateLogStream Logs', 'logs:PutLogEvents Logs']
    expect(grantsOf(fn)).toEqual([...grants[name]!, ...logs].sort())
  })

  it('has no policy but its own, and the one for the network where it needs the database', () => {
    const { ManagedPolicyArns = [] } = roleOf(fn).Properties
    const expected = outside.includes(name)
      ? []
      : [{ Ref: expect.stringMatching(/^NetworkInterfacesPolicy/) }]
    expect(ManagedPolicyArns).toEqual(expected)
    expect(fn.Properties.VpcConfig === undefined).toBe(outside.includes(name))
  })
})

it('answers before the gateway gives up', () => {
  for (const name of [
    'auth',
    'users',
    'tracks',
    'playlists',
    'social',
    'marketplace',
    'analytics',
    'webhooks',
    'chat',
    'admin',
    'internal',
    'system',
  ]) {
    expect(functions.get(name)!.Properties.Timeout).toBeLessThanOrEqual(25)
  }
  expect(functions.get('authorizer')!.Properties.Timeout).toBeLessThan(10)
})

it('names each star that is left, and it stands only in policies that say why', () => {
  const withStar = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy']
    .flatMap((type) => resources(stage.app, type))
    .filter(({ Properties }) =>
      Properties.PolicyDocument.Statement.some(({ Resource }: Statement) => [Resource].flat().includes('*')),
    )
  expect(withStar.map(({ id }) => id)).toEqual([expect.stringMatching(/^NetworkInterfacesPolicy/)])
  expect(withStar[0]!.Properties.PolicyDocument.Statement).toHaveLength(1)
  expect(withStar[0]!.Properties.PolicyDocument.Statement[0].Action).toEqual(
    expect.arrayContaining(['ec2:CreateNetworkInterface', 'ec2:DeleteNetworkInterface']),
  )
})

it('lets the scanner alone read uploads, and only upload URLs and what is found in clean files write them', () => {
  const uploads = table.flatMap(({ name, fn }) =>
    statementsOf(fn)
      .filter(({ Resource }) => JSON.stringify(Resource).includes('UploadsBucket'))
      .map(({ Action }) => ({ name, actions: [Action].flat() })),
  )
  expect(uploads).toEqual([
    { name: 'users', actions: ['s3:PutObject'] },
    { name: 'tracks', actions: ['s3:AbortMultipartUpload', 's3:ListMultipartUploadParts', 's3:PutObject'] },
    { name: 'tracks', actions: ['s3:ListBucketVersions'] },
    { name: 'playlists', actions: ['s3:PutObject'] },
    { name: 'system', actions: ['s3:ListBucket'] },
    {
      name: 'scan-worker',
      actions: ['s3:DeleteObjectVersion', 's3:GetObjectVersion', 's3:PutObjectVersionTagging'],
    },
    { name: 'metadata-worker', actions: ['s3:PutObject'] },
    {
      name: 'scheduler',
      actions: ['s3:AbortMultipartUpload', 's3:ListMultipartUploadParts', 's3:PutObject'],
    },
    { name: 'scheduler', actions: ['s3:ListBucketVersions'] },
  ])
})

it('lets functions connect as the application through the proxy, and migrate as the administrator past it', () => {
  for (const { name, fn } of table) {
    const connect = statementsOf(fn).filter(({ Action }) => Action === 'rds-db:connect')
    const { PGUSER, PGHOST } = fn.Properties.Environment.Variables
    if (outside.includes(name)) expect([connect, PGHOST]).toEqual([[], undefined])
    else if (name === 'migrate') {
      expect([connect, PGUSER, target(PGHOST)]).toEqual([
        [],
        'veza_admin',
        expect.stringContaining('DatabaseCluster'),
      ])
    } else {
      expect(JSON.stringify(connect)).toMatch(/DatabaseProxy.*\/veza_app"/)
      expect([connect.length, PGUSER, target(PGHOST)]).toEqual([
        1,
        'veza_app',
        expect.stringContaining('DatabaseProxy'),
      ])
    }
  }
})

it('migrates before any function switches, with time to tell CloudFormation the outcome', () => {
  const [trigger] = resources(stage.app, 'Custom::Trigger')
  const migrate = functions.get('migrate')!
  expect(Number(trigger!.Properties.Timeout)).toBe(migrate.Properties.Timeout * 1000)
  expect(migrate.Properties.Timeout).toBeLessThan(900)
  expect(trigger!.DependsOn).toContain(migrate.id)
  for (const { fn } of table.filter(({ name }) => name !== 'migrate')) {
    expect(fn.DependsOn).toContain(trigger!.id)
  }
})

interface Statement {
  readonly Action: string | string[]
  readonly Resource: unknown
}

function consume(queue: string): string[] {
  const actions = ['ChangeMessageVisibility', 'DeleteMessage', 'GetQueueAttributes', 'ReceiveMessage']
  return actions.map((action) => `sqs:${action} ${queue}`)
}

const grantsOf = (fn: Resource): string[] =>
  statementsOf(fn)
    .flatMap(({ Action, Resource }) =>
      [Action].flat().flatMap((action) => [Resource].flat().map((place) => `${action} ${placeOf(place)}`)),
    )
    .sort()

/** A resource by its name in the app, and the keys under it where they are narrowed. */
function placeOf(resource: unknown): string {
  const text = JSON.stringify(resource)
  const place = text.match(
    /MasterUserSecret|DatabaseProxy|(?:ChatJwt|Jwt|Field|Webhook|MediaKey|LicenseKey|Stripe|Stream\w+?)Secret|\w+?Bucket|(?:Scan|Metadata|Analysis|Analytics|Events|Stripe|Webhooks|WebhookResults)Queue|Logs|identity|configuration-set\/veza-staging-mail/,
  )?.[0]
  const keys =
    text.match(
      /\/(?:uploads|originals|exports|images|licensed|waveforms|previews|definitions)(?:\/(?:images|accounts|statements|analytics))?\/(?:\*|current\.json)/,
    )?.[0] ?? ''
  return place === undefined ? text : place.replace(/^ExportsOutput(?:Ref|FnGetAtt)/, '') + keys
}

function roleOf(fn: Resource) {
  const id = target(fn.Properties.Role)
  return resources(stage.app, 'AWS::IAM::Role').find((role) => role.id === id)!
}

function statementsOf(fn: Resource): readonly Statement[] {
  const role = target(fn.Properties.Role)
  return resources(stage.app, 'AWS::IAM::Policy')
    .filter(({ Properties }) => Properties.Roles.some((attached: unknown) => target(attached) === role))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
}

it('rotates the keys of three secrets every 30 days, by the function that Secrets Manager may invoke', () => {
  const rotator = functions.get('key-rotator')!
  const schedules = resources(stage.app, 'AWS::SecretsManager::RotationSchedule')
  const permissions = resources(stage.app, 'AWS::Lambda::Permission').filter(
    ({ Properties }) => Properties.Principal === 'secretsmanager.amazonaws.com',
  )

  expect(schedules.map(({ Properties }) => placeOf(Properties.SecretId)).sort()).toEqual([
    'FieldSecret',
    'JwtSecret',
    'WebhookSecret',
  ])
  for (const { Properties, DependsOn } of schedules) {
    expect(Properties).toMatchObject({
      RotationRules: { ScheduleExpression: 'rate(30 days)' },
      RotateImmediatelyOnUpdate: false,
    })
    expect(target(Properties.RotationLambdaARN)).toBe(rotator.id)
    expect(DependsOn).toEqual(expect.arrayContaining(permissions.map(({ id }) => id)))
  }
  expect(
    permissions.map(({ Properties }) => [target(Properties.FunctionName), Properties.SourceAccount]),
  ).toEqual([[rotator.id, { Ref: 'AWS::AccountId' }]])
})
