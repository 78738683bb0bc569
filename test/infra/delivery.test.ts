import { everyResource, type Resource, resources, synthesize, target } from './synth.ts'

const stage = synthesize('prod')
const [distribution, ...others] = resources(stage.storage, 'AWS::CloudFront::Distribution')
const config = distribution!.Properties.DistributionConfig
const media = resources(stage.storage, 'AWS::S3::Bucket').find(({ id }) => id.startsWith('Media'))!

interface Statement {
  readonly Effect: string
  readonly Principal: unknown
  readonly Action: unknown
  readonly Resource: unknown
  readonly Condition?: unknown
}

function statementsOf({ id }: Resource): Statement[] {
  const policies = everyResource(stage, 'AWS::S3::BucketPolicy')
  return policies.find(({ Properties }) => target(Properties.Bucket) === id)!.Properties.PolicyDocument
    .Statement
}

test('there is one distribution, of the media bucket', () => {
  expect(others).toEqual([])
  expect(config.Origins).toHaveLength(1)
  expect(target(config.Origins[0].DomainName)).toBe(media.id)
})

test('it reads the bucket by its own signature, and has no identity of the old kind', () => {
  const [access] = resources(stage.storage, 'AWS::CloudFront::OriginAccessControl')
  expect(access!.Properties.OriginAccessControlConfig).toMatchObject({
    OriginAccessControlOriginType: 's3',
    SigningBehavior: 'always',
    SigningProtocol: 'sigv4',
  })
  expect(target(config.Origins[0].OriginAccessControlId)).toBe(access!.id)
  expect(config.Origins[0].S3OriginConfig).toEqual({ OriginAccessIdentity: '' })
})

test('the bucket lets in this distribution, for pictures, and nobody else from outside', () => {
  const allowed = statementsOf(media).filter(({ Effect }) => Effect === 'Allow')
  expect(allowed).toEqual([
    {
      Sid: 'OnlyItsDistributionReadsPictures',
      Effect: 'Allow',
      Principal: { Service: 'cloudfront.amazonaws.com' },
      Action: 's3:GetObject',
      Resource: { 'Fn::Join': ['', [{ 'Fn::GetAtt': [media.id, 'Arn'] }, '/images/*']] },
      Condition: {
        StringEquals: {
          'AWS:SourceArn': {
            'Fn::Join': ['', expect.arrayContaining([':distribution/', { Ref: distribution!.id }].slice(1))],
          },
        },
      },
    },
  ])
})

test('no bucket is open to everybody', () => {
  for (const bucket of everyResource(stage, 'AWS::S3::Bucket')) {
    const open = statementsOf(bucket).filter(
      ({ Effect, Principal }) => Effect === 'Allow' && JSON.stringify(Principal).includes('*'),
    )
    expect(open).toEqual([])
  }
})

test('only pictures are behind it: whatever else is asked for is refused before any cache or bucket', () => {
  expect(config.CacheBehaviors.map(({ PathPattern }: { PathPattern: string }) => PathPattern)).toEqual([
    'images/*',
  ])
  expect(config.CacheBehaviors[0].FunctionAssociations).toBeUndefined()
  const [refusal] = resources(stage.storage, 'AWS::CloudFront::Function')
  expect(config.DefaultCacheBehavior.FunctionAssociations).toEqual([
    { EventType: 'viewer-request', FunctionARN: { 'Fn::GetAtt': [refusal!.id, 'FunctionARN'] } },
  ])
  const handler = new Function(`${refusal!.Properties.FunctionCode}; return handler`)()
  expect(handler({ request: { uri: '/originals/x' } })).toMatchObject({ statusCode: 403 })
})

test.each(['DefaultCacheBehavior', 'images/*'])('%s is read only, over TLS, and never sniffed', (name) => {
  const behavior = name === 'images/*' ? config.CacheBehaviors[0] : config.DefaultCacheBehavior
  expect(behavior).toMatchObject({ AllowedMethods: ['GET', 'HEAD'], ViewerProtocolPolicy: 'https-only' })
  const [headers] = resources(stage.storage, 'AWS::CloudFront::ResponseHeadersPolicy')
  expect(target(behavior.ResponseHeadersPolicyId)).toBe(headers!.id)
  expect(headers!.Properties.ResponseHeadersPolicyConfig.SecurityHeadersConfig).toMatchObject({
    ContentTypeOptions: { Override: true },
    ContentSecurityPolicy: { ContentSecurityPolicy: "default-src 'none'; sandbox", Override: true },
  })
})

test('a picture that was removed is in no cache of ours after a day', () => {
  const [policy] = resources(stage.storage, 'AWS::CloudFront::CachePolicy')
  expect(policy!.Properties.CachePolicyConfig).toMatchObject({
    MinTTL: 0,
    MaxTTL: 86_400,
    DefaultTTL: 86_400,
  })
})

test('originals of pictures do not stay, whoever should have removed them', () => {
  expect(media.Properties.LifecycleConfiguration.Rules).toContainEqual(
    expect.objectContaining({
      Prefix: 'originals/images/',
      ExpirationInDays: 7,
      NoncurrentVersionExpiration: { NoncurrentDays: 1 },
      Status: 'Enabled',
    }),
  )
})

test('functions that answer clients are told where it is, unless the deployment says otherwise', () => {
  const told = resources(stage.app, 'AWS::Lambda::Function')
    .map(({ Properties }) => Properties.Environment?.Variables.MEDIA_URL)
    .filter((url) => url !== undefined)
  expect(told.length).toBeGreaterThanOrEqual(8)
  for (const url of told) {
    expect(url).toEqual({
      'Fn::If': [
        'HasMediaUrl',
        { Ref: 'MediaUrl' },
        { 'Fn::Join': ['', ['https://', { 'Fn::ImportValue': expect.stringContaining('Distribution') }]] },
      ],
    })
  }
})
