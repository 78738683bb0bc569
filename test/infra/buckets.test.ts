import { everyResource, type Resource, resources, synthesize, target } from './synth.ts'

const stage = synthesize('prod')
const buckets = everyResource(stage, 'AWS::S3::Bucket')
const policies = everyResource(stage, 'AWS::S3::BucketPolicy')
const bucket = (name: string) => buckets.find(({ id }) => id.startsWith(name))!
const table = buckets.map((bucket) => ({ name: bucket.id, bucket }))

it('has the quarantine, the library, the exports, the virus definitions and their access logs', () => {
  expect(buckets.map(({ id }) => id.replace(/Bucket.*/, '')).sort()).toEqual([
    'AccessLogs',
    'Definitions',
    'Exports',
    'Media',
    'Uploads',
  ])
})

it.each(table)('$name is private, encrypted, TLS only and owned by the account', ({ bucket }) => {
  expect(bucket.Properties.PublicAccessBlockConfiguration).toEqual({
    BlockPublicAcls: true,
    BlockPublicPolicy: true,
    IgnorePublicAcls: true,
    RestrictPublicBuckets: true,
  })
  expect(bucket.Properties.OwnershipControls.Rules).toEqual([{ ObjectOwnership: 'BucketOwnerEnforced' }])
  expect(bucket.Properties.BucketEncryption).toBeDefined()
  expect(statementsOf(bucket)).toContainEqual(
    expect.objectContaining({
      Effect: 'Deny',
      Action: 's3:*',
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    }),
  )
})

it.each(table)('$name does not keep unfinished uploads', ({ bucket }) => {
  expect(bucket.Properties.LifecycleConfiguration.Rules).toContainEqual(
    expect.objectContaining({
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
      Status: 'Enabled',
    }),
  )
})

it.each(['Uploads', 'Media', 'Exports', 'Definitions'])('%s keeps versions and logs its access', (name) => {
  expect(bucket(name).Properties.VersioningConfiguration).toEqual({ Status: 'Enabled' })
  expect(target(bucket(name).Properties.LoggingConfiguration.DestinationBucketName)).toBe(
    bucket('AccessLogs').id,
  )
})

it.each([
  { name: 'Uploads', prefix: 'uploads/', queue: 'veza-prod-scan' },
  { name: 'Media', prefix: 'originals/', queue: 'veza-prod-metadata' },
])(
  'new objects of $name under $prefix become messages of $queue, which lets S3 send',
  ({ name, prefix, queue }) => {
    const [rule, ...others] = bucket(name).Properties.NotificationConfiguration.QueueConfigurations
    const [receiver] = resources(stage.storage, 'AWS::SQS::Queue').filter(
      ({ Properties }) => Properties.QueueName === queue,
    )
    expect(others).toEqual([])
    expect(rule.Event).toBe('s3:ObjectCreated:*')
    expect(rule.Filter.S3Key.Rules).toEqual([{ Name: 'prefix', Value: prefix }])
    expect(target(rule.Queue)).toBe(receiver!.id)

    const [policy] = resources(stage.storage, 'AWS::SQS::QueuePolicy').filter(
      ({ Properties }) => target(Properties.Queues[0]) === receiver!.id,
    )
    expect(policy!.Properties.PolicyDocument.Statement).toContainEqual({
      Effect: 'Allow',
      Principal: { Service: 's3.amazonaws.com' },
      Action: 'sqs:SendMessage',
      Resource: { 'Fn::GetAtt': [receiver!.id, 'Arn'] },
      Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
    })
    expect(bucket(name).DependsOn).toContain(policy!.id)
  },
)

it('needs no custom resource, and so no function that may change any bucket', () => {
  const custom = resources(stage.storage).filter(({ Type }) => /^Custom::|Lambda/.test(Type))
  expect(custom).toEqual([])
})

it('lets browsers put from the origins of the web application, and read media from any', () => {
  expect(bucket('Uploads').Properties.CorsConfiguration.CorsRules).toEqual([
    expect.objectContaining({ AllowedMethods: ['PUT'], AllowedOrigins: { Ref: 'CorsOrigins' } }),
  ])
  expect(bucket('Media').Properties.CorsConfiguration.CorsRules).toEqual([
    expect.objectContaining({ AllowedMethods: ['GET', 'HEAD'], AllowedOrigins: ['*'] }),
  ])
})

it('forgets what is left in the quarantine after a week', () => {
  expect(bucket('Uploads').Properties.LifecycleConfiguration.Rules).toContainEqual(
    expect.objectContaining({
      Prefix: 'uploads/',
      ExpirationInDays: 7,
      NoncurrentVersionExpiration: { NoncurrentDays: 1 },
    }),
  )
})

it('takes away for good what was hidden in the library: at once or a day later what can be made anew', () => {
  const rules = bucket('Media').Properties.LifecycleConfiguration.Rules as readonly LifecycleRule[]
  const days = Object.fromEntries(
    rules.map(({ Prefix, NoncurrentVersionExpiration: kept }) => [Prefix, kept?.NoncurrentDays]),
  )
  expect(days).toEqual({
    'originals/': 30,
    'originals/images/': 1,
    'images/': 1,
    'licensed/': 1,
    'previews/': 1,
    'waveforms/': 1,
    undefined: undefined,
  })
})

it('has a rule for what is hidden under every prefix that a function writes to', () => {
  const rules = (name: string) =>
    bucket(name).Properties.LifecycleConfiguration.Rules as readonly LifecycleRule[]
  const forgets = (name: string, prefix: string) =>
    rules(name).some(({ Prefix = '', NoncurrentVersionExpiration }) => {
      return NoncurrentVersionExpiration && prefix.startsWith(Prefix)
    })
  const written = writtenPrefixes()
  expect(written.map(({ name, prefix }) => `${name} ${prefix}`)).toEqual(
    expect.arrayContaining([
      'Uploads uploads/',
      'Media originals/',
      'Media images/',
      'Exports exports/accounts/',
      'Exports exports/analytics/',
    ]),
  )
  expect(written.filter(({ name, prefix }) => !forgets(name, prefix))).toEqual([])
})

it.each(['Uploads', 'Media', 'Exports', 'Definitions'])('%s keeps no marker that hides nothing', (name) => {
  expect(bucket(name).Properties.LifecycleConfiguration.Rules).toContainEqual(
    expect.objectContaining({ ExpiredObjectDeleteMarker: true, Status: 'Enabled' }),
  )
})

it('forgets every export of an account and of figures, whoever should have removed it, and no statement', () => {
  const rules = bucket('Exports').Properties.LifecycleConfiguration.Rules as readonly LifecycleRule[]
  expect(rules).toContainEqual({
    Id: 'old-exports',
    Prefix: 'exports/accounts/',
    ExpirationInDays: 2,
    Status: 'Enabled',
  })
  expect(rules).toContainEqual({
    Id: 'read-statistics',
    Prefix: 'exports/analytics/',
    ExpirationInDays: 1,
    Status: 'Enabled',
  })
  expect(rules.filter(({ ExpirationInDays }) => ExpirationInDays !== undefined)).toHaveLength(2)
  expect(bucket('Exports').Properties.CorsConfiguration).toBeUndefined()
})

it('denies everyone but the scanner to read what is not scanned, and denies nobody to change that', () => {
  const denials = statementsOf(bucket('Uploads')).filter(({ Sid }) => Sid === 'OnlyTheScannerReads')
  const scanner = synthesizedRoleName('scan-worker')
  expect(denials).toEqual([
    expect.objectContaining({
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: ['s3:GetObject', 's3:GetObjectVersion'],
      Condition: {
        ArnNotEquals: {
          'aws:PrincipalArn': {
            'Fn::Join': ['', expect.arrayContaining([`:role/${scanner}`])],
          },
        },
      },
    }),
  ])
})

interface LifecycleRule {
  readonly Prefix?: string
  readonly ExpirationInDays?: number
  readonly NoncurrentVersionExpiration?: { readonly NoncurrentDays: number }
}

/** Bucket and prefix of every grant to put objects. */
function writtenPrefixes() {
  const grants = resources(stage.app, 'AWS::IAM::Policy')
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
    .filter(({ Action }) => [Action].flat().includes('s3:PutObject'))
    .flatMap(({ Resource }) => [Resource].flat().map((resource) => JSON.stringify(resource)))
  return grants.map((resource) => {
    const [, name = '', prefix = ''] =
      /(Uploads|Media|Exports|Definitions)Bucket.*"\/(.*)\*"/.exec(resource) ?? []
    return { name, prefix }
  })
}

it('denies everyone but the scanner, services too, to read what bears the tag of an infected file', () => {
  const denials = statementsOf(bucket('Media')).filter(({ Sid }) => Sid === 'NobodyReadsInfected')
  expect(denials).toEqual([
    expect.objectContaining({
      Effect: 'Deny',
      Principal: '*',
      Action: ['s3:GetObject', 's3:GetObjectVersion'],
      Condition: {
        StringEquals: { 's3:ExistingObjectTag/verdict': 'infected' },
        ArnNotEquals: {
          'aws:PrincipalArn': {
            'Fn::Join': ['', expect.arrayContaining([`:role/${synthesizedRoleName('scan-worker')}`])],
          },
        },
      },
    }),
  ])
})

it('forgets files of virus definitions after a month, and never which set is in force', () => {
  expect(bucket('Definitions').Properties.LifecycleConfiguration.Rules).toContainEqual(
    expect.objectContaining({ Prefix: 'definitions/files/', ExpirationInDays: 30, Status: 'Enabled' }),
  )
  const expiring = bucket('Definitions').Properties.LifecycleConfiguration.Rules.filter(
    ({ ExpirationInDays }: { ExpirationInDays?: number }) => ExpirationInDays !== undefined,
  )
  expect(expiring).toHaveLength(1)
})

function synthesizedRoleName(name: string): string {
  const [role] = resources(stage.app, 'AWS::IAM::Role').filter(({ Properties }) =>
    Properties.RoleName?.endsWith(name),
  )
  return role!.Properties.RoleName
}

function statementsOf({ id }: Resource) {
  const [policy] = policies.filter(({ Properties }) => target(Properties.Bucket) === id)
  return policy!.Properties.PolicyDocument.Statement as readonly { readonly Sid?: string }[]
}
