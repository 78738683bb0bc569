import { generateKeyPairSync } from 'node:crypto'
import { CachePolicy } from 'aws-cdk-lib/aws-cloudfront'
import { closedPrefixes, openPrefixes, signedPrefixes } from '../../lib/media/delivery/media-links.ts'
import { everyResource, type Resource, resources, synthesize, target } from './synth.ts'

const stage = synthesize('prod')
const [distribution, ...others] = resources(stage.storage, 'AWS::CloudFront::Distribution')
const config = distribution!.Properties.DistributionConfig
const open = ['images/*', 'waveforms/*']
const signed = ['originals/*', 'licensed/*', 'previews/*']
const behaviours: Resource['Properties'][] = config.CacheBehaviors
const behaviour = (pattern: string) => behaviours.find(({ PathPattern }) => PathPattern === pattern)!

/** The configuration of the policy that a behaviour names. */
function policyOf(pattern: string, kind: 'CachePolicy' | 'OriginRequestPolicy' | 'ResponseHeadersPolicy') {
  const id = target(behaviour(pattern)[`${kind}Id`])
  const policy = resources(stage.storage, `AWS::CloudFront::${kind}`).find((resource) => resource.id === id)
  return policy!.Properties[`${kind}Config`]
}
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

test('the bucket lets in this distribution, for what it delivers, and nobody else from outside', () => {
  const statements = statementsOf(media)
  const below = (pattern: string) => ({
    'Fn::Join': ['', [{ 'Fn::GetAtt': [media.id, 'Arn'] }, `/${pattern}`]],
  })
  expect(statements.filter(({ Effect }) => Effect === 'Allow')).toEqual([
    {
      Sid: 'OnlyItsDistributionReadsMedia',
      Effect: 'Allow',
      Principal: { Service: 'cloudfront.amazonaws.com' },
      Action: 's3:GetObject',
      Resource: [...open, ...signed].sort().map(below),
      Condition: {
        StringEquals: {
          'AWS:SourceArn': {
            'Fn::Join': ['', expect.arrayContaining([':distribution/', { Ref: distribution!.id }].slice(1))],
          },
        },
      },
    },
  ])
  expect(statements).toContainEqual({
    Sid: 'NobodyIsSentWhatPicturesWereMadeOf',
    Effect: 'Deny',
    Principal: { Service: 'cloudfront.amazonaws.com' },
    Action: 's3:GetObject',
    Resource: below('originals/images/*'),
  })
})

test('no bucket is open to everybody', () => {
  for (const bucket of everyResource(stage, 'AWS::S3::Bucket')) {
    const open = statementsOf(bucket).filter(
      ({ Effect, Principal }) => Effect === 'Allow' && JSON.stringify(Principal).includes('*'),
    )
    expect(open).toEqual([])
  }
})

test('whatever is not named is refused before any cache or bucket, and so is what pictures were made of', () => {
  expect(behaviours.map(({ PathPattern }) => PathPattern)).toEqual(['originals/images/*', ...open, ...signed])
  const [refusal] = resources(stage.storage, 'AWS::CloudFront::Function')
  for (const refused of [config.DefaultCacheBehavior, behaviours[0]!]) {
    expect(refused.FunctionAssociations).toEqual([
      { EventType: 'viewer-request', FunctionARN: { 'Fn::GetAtt': [refusal!.id, 'FunctionARN'] } },
    ])
  }
  for (const served of behaviours.slice(1)) expect(served.FunctionAssociations).toBeUndefined()
  const handler = new Function(`${refusal!.Properties.FunctionCode}; return handler`)()
  expect(handler({ request: { uri: '/exports/x' } })).toMatchObject({ statusCode: 403 })
})

test('what links are made for is what is delivered', () => {
  const patterns = (prefixes: readonly string[]) => prefixes.map((prefix) => `${prefix}*`)
  expect(patterns(openPrefixes)).toEqual(open)
  expect(patterns(signedPrefixes)).toEqual(signed)
  expect(patterns(closedPrefixes)).toEqual(['originals/images/*'])
})

test.each(open)('%s is open to anybody, and compressed where that helps', (pattern) => {
  expect(behaviour(pattern)).toMatchObject({ Compress: true })
  expect(behaviour(pattern).TrustedKeyGroups).toBeUndefined()
})

test.each(signed)('%s needs a link signed by a key of the group', (pattern) => {
  const [group] = resources(stage.storage, 'AWS::CloudFront::KeyGroup')
  expect(behaviour(pattern).TrustedKeyGroups).toEqual([{ Ref: group!.id }])
  expect(behaviour(pattern).TrustedSigners).toBeUndefined()
})

test('the group has room for two public keys, which a deployment gives, and one at least', () => {
  const keys = resources(stage.storage, 'AWS::CloudFront::PublicKey')
  const [group] = resources(stage.storage, 'AWS::CloudFront::KeyGroup')
  expect(keys.map(({ Properties }) => Properties.PublicKeyConfig.EncodedKey)).toEqual([
    { Ref: 'MediaPublicKeyA' },
    { Ref: 'MediaPublicKeyB' },
  ])
  expect(group!.Properties.KeyGroupConfig.Items).toEqual(
    keys.map(({ id }, index) => ({
      'Fn::If': [`HasMediaPublicKey${'AB'[index]}`, { Ref: id }, { Ref: 'AWS::NoValue' }],
    })),
  )
  stage.storage.hasCondition('HasMediaPublicKeyA', {
    'Fn::Not': [{ 'Fn::Equals': [{ Ref: 'MediaPublicKeyA' }, ''] }],
  })
  expect(stage.storage.toJSON().Rules.OneMediaKeyAtLeast.Assertions).toHaveLength(1)
})

test('a private key is not taken for a public one', () => {
  const { AllowedPattern } = stage.storage.toJSON().Parameters.MediaPublicKeyA
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  expect(publicKey.export({ type: 'spki', format: 'pem' })).toMatch(new RegExp(AllowedPattern))
  expect('').toMatch(new RegExp(AllowedPattern))
  expect(privateKey.export({ type: 'pkcs8', format: 'pem' })).not.toMatch(new RegExp(AllowedPattern))
})

test.each([...open, ...signed])(
  '%s is read only, over TLS, never sniffed, run or framed, by the pages of any origin',
  (pattern) => {
    expect(behaviour(pattern)).toMatchObject({
      AllowedMethods: ['GET', 'HEAD', 'OPTIONS'],
      ViewerProtocolPolicy: 'https-only',
    })
    const { SecurityHeadersConfig, CorsConfig } = policyOf(pattern, 'ResponseHeadersPolicy')
    expect(SecurityHeadersConfig).toMatchObject({
      ContentTypeOptions: { Override: true },
      ContentSecurityPolicy: { ContentSecurityPolicy: "default-src 'none'; sandbox", Override: true },
      FrameOptions: { FrameOption: 'DENY', Override: true },
    })
    expect(CorsConfig).toMatchObject({
      AccessControlAllowOrigins: { Items: ['*'] },
      AccessControlAllowCredentials: false,
      OriginOverride: true,
    })
  },
)

test('an original is saved, not shown, and kept by nobody on its way', () => {
  const { Items } = policyOf('originals/*', 'ResponseHeadersPolicy').CustomHeadersConfig
  expect(Items).toEqual([
    { Header: 'Cross-Origin-Resource-Policy', Value: 'same-origin', Override: true },
    { Header: 'Cache-Control', Value: 'private, no-cache', Override: true },
    { Header: 'Content-Disposition', Value: 'attachment', Override: false },
  ])
  expect(behaviour('originals/*').CachePolicyId).toBe(CachePolicy.CACHING_DISABLED.cachePolicyId)
})

test('a preview is kept no longer than a link to it lives, by its listener alone', () => {
  expect(policyOf('previews/*', 'ResponseHeadersPolicy').CustomHeadersConfig.Items).toContainEqual({
    Header: 'Cache-Control',
    Value: 'private, max-age=900',
    Override: true,
  })
})

test('of a query, S3 hears under which name and type an original is to be saved, and nothing else', () => {
  expect(policyOf('originals/*', 'OriginRequestPolicy').QueryStringsConfig).toEqual({
    QueryStringBehavior: 'whitelist',
    QueryStrings: ['response-content-disposition', 'response-content-type'],
  })
  for (const pattern of [...open, 'previews/*']) {
    expect(policyOf(pattern, 'OriginRequestPolicy').QueryStringsConfig).toEqual({
      QueryStringBehavior: 'none',
    })
    expect(policyOf(pattern, 'CachePolicy').ParametersInCacheKeyAndForwardedToOrigin).toMatchObject({
      QueryStringsConfig: { QueryStringBehavior: 'none' },
      HeadersConfig: { HeaderBehavior: 'none' },
      CookiesConfig: { CookieBehavior: 'none' },
    })
  }
})

test.each([
  ...open.map((pattern) => ({ pattern, seconds: 86_400 })),
  { pattern: 'previews/*', seconds: 900 },
])('what was removed below $pattern is in no cache of ours after $seconds s', ({ pattern, seconds }) => {
  expect(policyOf(pattern, 'CachePolicy')).toMatchObject({ MinTTL: 0, MaxTTL: seconds, DefaultTTL: seconds })
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
