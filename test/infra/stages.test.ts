import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type StageName, stageNamed } from '../../infra/config.ts'
import { bundles, everyResource, type Synthesized, synthesize } from './synth.ts'

const root = path.join(import.meta.dirname, '../..')

const ownName = 'AWS::Lambda::Function.Properties.Environment.Variables.STAGE'
const databaseSize = [
  'AWS::CloudWatch::Alarm.Properties.Threshold',
  'AWS::RDS::DBCluster.Properties.BackupRetentionPeriod',
  'AWS::RDS::DBCluster.Properties.ServerlessV2ScalingConfiguration.MaxCapacity',
  'AWS::RDS::DBCluster.Properties.ServerlessV2ScalingConfiguration.MinCapacity',
]
const reader = ['AWS::RDS::DBInstance', 'AWS::RDS::DBProxyTargetGroup.DependsOn']
const keptData = [
  'AWS::Logs::LogGroup.DeletionPolicy',
  'AWS::Logs::LogGroup.UpdateReplacePolicy',
  'AWS::RDS::DBCluster.DeletionPolicy',
  'AWS::RDS::DBCluster.Properties.DeletionProtection',
  'AWS::RDS::DBCluster.UpdateReplacePolicy',
  'AWS::S3::Bucket.DeletionPolicy',
  'AWS::S3::Bucket.UpdateReplacePolicy',
  'AWS::SecretsManager::Secret.DeletionPolicy',
  'AWS::SecretsManager::Secret.UpdateReplacePolicy',
]
const secondNat = ['AWS::EC2::EIP', 'AWS::EC2::NatGateway', 'AWS::EC2::Route.Properties.NatGatewayId.Ref']
const valkey = [
  'AWS::EC2::SecurityGroup',
  'AWS::EC2::SecurityGroupEgress',
  'AWS::EC2::SecurityGroupIngress',
  'AWS::ElastiCache::ServerlessCache',
  'AWS::Lambda::Function.Properties.Environment.Variables.CACHE_URL',
]
const limits = [
  'AWS::ApiGatewayV2::Stage.Properties.DefaultRouteSettings.ThrottlingBurstLimit',
  'AWS::ApiGatewayV2::Stage.Properties.DefaultRouteSettings.ThrottlingRateLimit',
]
const rescans = ['AWS::Lambda::Function.Properties.Environment.Variables.RESCAN_PER_MINUTE']
const localReceivers = ['AWS::Lambda::Function.Properties.Environment.Variables.WEBHOOK_ALLOW_LOCAL']
const concurrency = ['AWS::Lambda::EventSourceMapping.Properties.ScalingConfig.MaximumConcurrency']
const logs = ['AWS::Logs::LogGroup.Properties.RetentionInDays']
const logLevel = ['AWS::Lambda::Function.Properties.Environment.Variables.LOG_LEVEL']
const tls = [
  'AWS::Lambda::Function.Properties.Environment.Variables.NODE_EXTRA_CA_CERTS',
  'AWS::Lambda::Function.Properties.Environment.Variables.PGSSLMODE',
]

it.each<{ one: StageName; other: StageName; settings: readonly (readonly string[])[] }>([
  { one: 'dev', other: 'local', settings: [tls, rescans, localReceivers] },
  {
    one: 'prod',
    other: 'staging',
    settings: [databaseSize, reader, secondNat, concurrency, logs],
  },
  {
    one: 'dev',
    other: 'prod',
    settings: [
      databaseSize,
      reader,
      keptData,
      secondNat,
      valkey,
      limits,
      concurrency,
      rescans,
      logs,
      logLevel,
    ],
  },
])('$one and $other differ in the listed settings only', ({ one, other, settings }) => {
  const found = differences(named(synthesize(one), one), named(synthesize(other), other))
  expect(found).toEqual([...settings.flat(), ownName].sort())
})

it('refuses a stage that does not exist', () => {
  expect(() => stageNamed('production')).toThrow(/choose one of local, dev, staging, prod/)
  expect(() => stageNamed('toString')).toThrow(/no stage/)
})

it('is synthesized without credentials, region, Docker or home', () => {
  const outdir = mkdtempSync(path.join(tmpdir(), 'veza-cdk-'))
  execFileSync(process.execPath, ['infra/app.ts'], {
    cwd: root,
    env: {
      CDK_OUTDIR: outdir,
      CDK_VALIDATION: 'false',
      CDK_CONTEXT_JSON: JSON.stringify({ stage: 'prod', bundles }),
    },
  })
  expect(existsSync(path.join(outdir, 'Veza-prod-App.template.json'))).toBe(true)
})

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/**
 * Resources by their place in the app: without the stage's name, and without the hash that follows it. Tags and
 * the version of `migrate` repeat the stage, and are left out.
 */
function named(stage: Synthesized, name: StageName): ReadonlyMap<string, Json> {
  const plain = (text: string) =>
    text.replaceAll(`eza-${name}-`, 'eza-').replaceAll(`Veza${name}`, 'Veza').replaceAll(hash, '')
  const all = everyResource(stage).filter(({ Type }) => Type !== 'AWS::Lambda::Version')
  return new Map(
    all.map(({ id, ...resource }) => {
      const { Tags, ...properties } = resource.Properties
      const value = JSON.stringify({ ...resource, Properties: properties })
      return [`${resource.Type} ${plain(id)}`, JSON.parse(plain(value))]
    }),
  )
}

const hash = /[0-9A-F]{8,}[0-9a-f]*/g

/** Which properties differ, and of which types resources are missing on one side. */
function differences(one: ReadonlyMap<string, Json>, other: ReadonlyMap<string, Json>): string[] {
  const found = new Set<string>()
  for (const key of new Set([...one.keys(), ...other.keys()])) {
    const type = key.split(' ')[0]!
    const [left, right] = [one.get(key), other.get(key)]
    if (left === undefined || right === undefined) found.add(type)
    else for (const place of places(left, right)) found.add(type + place)
  }
  return [...found].sort()
}

function places(left: Json | undefined, right: Json | undefined): string[] {
  if (JSON.stringify(left) === JSON.stringify(right)) return []
  if (!isRecord(left) || !isRecord(right)) return ['']
  const keys = new Set([...Object.keys(left), ...Object.keys(right)])
  return [...keys].flatMap((key) => places(left[key], right[key]).map((place) => `.${key}${place}`))
}

const isRecord = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
