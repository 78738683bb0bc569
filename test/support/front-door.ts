import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { S3Client } from '@aws-sdk/client-s3'
import { startBackEnds } from '../../infra/local/aws/back-ends.ts'
import { type FrontDoor, type FrontDoorOptions, startFrontDoor } from '../../infra/local/aws/front-door.ts'
import type { Logger } from '../../infra/local/aws/logger.ts'
import { createPrincipals, type Principals } from '../../infra/local/principals.ts'
import { createTemplate, type ResourceDocument } from '../../infra/local/template.ts'

const allow = (Action: string | string[], Resource: unknown) => ({ Effect: 'Allow', Action, Resource })
const policy = (...Statement: unknown[]) => ({ Version: '2012-10-17', Statement })
const arnOf = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] })
const within = (id: string, keys: string) => ({ 'Fn::Join': ['', [arnOf(id), keys]] })

const lambda = (name: string): Record<string, ResourceDocument> => ({
  [`${name}Role`]: { Type: 'AWS::IAM::Role', Properties: {} },
  [name]: {
    Type: 'AWS::Lambda::Function',
    Properties: { FunctionName: `veza-test-${name}`, Role: arnOf(`${name}Role`) },
  },
})

const rolePolicy = (name: string, ...statements: unknown[]): Record<string, ResourceDocument> => ({
  [`${name}Policy`]: {
    Type: 'AWS::IAM::Policy',
    Properties: { Roles: [{ Ref: `${name}Role` }], PolicyDocument: policy(...statements) },
  },
})

/** A small template with every kind of thing the front door guards. */
export const resources: Readonly<Record<string, ResourceDocument>> = {
  Uploads: {
    Type: 'AWS::S3::Bucket',
    Properties: {
      BucketName: 'uploads',
      CorsConfiguration: {
        CorsRules: [
          {
            AllowedOrigins: ['https://app.example'],
            AllowedMethods: ['PUT'],
            AllowedHeaders: ['*'],
            ExposedHeaders: ['ETag'],
            MaxAge: 3600,
          },
        ],
      },
    },
  },
  Media: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'media' } },
  Kept: {
    Type: 'AWS::S3::Bucket',
    Properties: {
      BucketName: 'kept',
      VersioningConfiguration: { Status: 'Enabled' },
      NotificationConfiguration: {
        QueueConfigurations: [
          { Event: 's3:ObjectCreated:*', Queue: arnOf('Scan') },
          { Event: 's3:ObjectRemoved:*', Queue: arnOf('Scan') },
        ],
      },
    },
  },
  UploadsPolicy: {
    Type: 'AWS::S3::BucketPolicy',
    Properties: {
      Bucket: { Ref: 'Uploads' },
      PolicyDocument: policy(
        {
          Effect: 'Deny',
          Principal: { AWS: '*' },
          Action: 's3:*',
          Resource: [arnOf('Uploads'), within('Uploads', '/*')],
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
        {
          Effect: 'Deny',
          Principal: { AWS: '*' },
          Action: 's3:PutObject',
          Resource: within('Uploads', '/sealed/*'),
        },
      ),
    },
  },
  UploadsNotifications: {
    Type: 'Custom::S3BucketNotifications',
    Properties: {
      BucketName: { Ref: 'Uploads' },
      NotificationConfiguration: {
        QueueConfigurations: [
          {
            Id: 'to-scan',
            Events: ['s3:ObjectCreated:*'],
            Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: 'uploads/' }] } },
            QueueArn: arnOf('Scan'),
          },
          {
            Id: 'to-a-queue-that-does-not-let-s3-in',
            Events: ['s3:ObjectRemoved:*'],
            QueueArn: arnOf('Events'),
          },
        ],
      },
    },
  },
  Scan: {
    Type: 'AWS::SQS::Queue',
    Properties: {
      QueueName: 'scan',
      VisibilityTimeout: 30,
      RedrivePolicy: { deadLetterTargetArn: arnOf('ScanDlq'), maxReceiveCount: 2 },
    },
  },
  ScanDlq: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'scan-dlq' } },
  Events: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'events' } },
  ScanPolicy: {
    Type: 'AWS::SQS::QueuePolicy',
    Properties: {
      Queues: [{ Ref: 'Scan' }],
      PolicyDocument: policy({
        Effect: 'Allow',
        Principal: { Service: 's3.amazonaws.com' },
        Action: ['sqs:SendMessage', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl'],
        Resource: arnOf('Scan'),
        Condition: { ArnLike: { 'aws:SourceArn': [arnOf('Uploads'), arnOf('Kept')] } },
      }),
    },
  },
  JwtSecret: {
    Type: 'AWS::SecretsManager::Secret',
    Properties: {
      GenerateSecretString: {
        SecretStringTemplate: '{"kid":"1"}',
        GenerateStringKey: 'key',
        PasswordLength: 64,
        ExcludePunctuation: true,
      },
    },
  },
  OtherSecret: {
    Type: 'AWS::SecretsManager::Secret',
    Properties: { GenerateSecretString: { PasswordLength: 64, ExcludePunctuation: true } },
  },
  JwtRotation: {
    Type: 'AWS::SecretsManager::RotationSchedule',
    Properties: {
      SecretId: { Ref: 'JwtSecret' },
      RotationLambdaARN: arnOf('worker'),
      RotationRules: { ScheduleExpression: 'rate(30 days)' },
    },
  },
  JwtRotationPermission: {
    Type: 'AWS::Lambda::Permission',
    Properties: {
      Action: 'lambda:InvokeFunction',
      FunctionName: arnOf('worker'),
      Principal: 'secretsmanager.amazonaws.com',
    },
  },
  OtherRotation: {
    Type: 'AWS::SecretsManager::RotationSchedule',
    Properties: { SecretId: { Ref: 'OtherSecret' }, RotationLambdaARN: arnOf('unpermitted') },
  },
  PlainSecret: {
    Type: 'AWS::SecretsManager::Secret',
    Properties: { GenerateSecretString: { PasswordLength: 64, ExcludePunctuation: true } },
  },
  ...lambda('tracks'),
  ...rolePolicy(
    'tracks',
    allow('s3:PutObject', within('Uploads', '/*')),
    allow(['s3:GetObject', 's3:DeleteObject'], within('Kept', '/*')),
    allow(['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'], { Ref: 'JwtSecret' }),
    allow('sqs:SendMessage', arnOf('Events')),
    allow('ses:SendEmail', 'arn:aws:ses:us-east-1:000000000000:identity/*'),
  ),
  ...lambda('unpermitted'),
  ...lambda('keeper'),
  ...rolePolicy(
    'keeper',
    allow(
      ['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject', 's3:DeleteObject', 's3:DeleteObjectVersion'],
      within('Kept', '/*'),
    ),
    allow(
      ['s3:PutObjectTagging', 's3:GetObjectVersionTagging', 's3:PutObjectVersionTagging'],
      within('Kept', '/*'),
    ),
    allow(['s3:ListBucket', 's3:ListBucketVersions'], arnOf('Kept')),
  ),
  ...lambda('worker'),
  ...rolePolicy(
    'worker',
    allow(
      ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'],
      [within('Uploads', '/*'), within('Media', '/*')],
    ),
    allow(['s3:GetObjectTagging', 's3:PutObjectTagging', 's3:DeleteObjectTagging'], within('Uploads', '/*')),
    allow('s3:ListMultipartUploadParts', within('Uploads', '/*')),
    allow('s3:ListBucket', arnOf('Uploads')),
    allow(
      [
        'secretsmanager:DescribeSecret',
        'secretsmanager:GetSecretValue',
        'secretsmanager:PutSecretValue',
        'secretsmanager:UpdateSecretVersionStage',
      ],
      { Ref: 'JwtSecret' },
    ),
  ),
  OperatorPolicy: {
    Type: 'AWS::IAM::ManagedPolicy',
    Properties: {
      PolicyDocument: policy(
        allow(
          [
            'sqs:ReceiveMessage',
            'sqs:DeleteMessage',
            'sqs:SendMessage',
            'sqs:GetQueueAttributes',
            'sqs:GetQueueUrl',
            'sqs:ListDeadLetterSourceQueues',
            'sqs:ChangeMessageVisibility',
            'sqs:StartMessageMoveTask',
          ],
          [arnOf('Scan'), arnOf('ScanDlq')],
        ),
        allow('lambda:InvokeFunction', arnOf('worker')),
        allow('lambda:InvokeFunction', arnOf('unpermitted')),
        allow(
          ['secretsmanager:RotateSecret', 'secretsmanager:DescribeSecret'],
          [{ Ref: 'JwtSecret' }, { Ref: 'OtherSecret' }, { Ref: 'PlainSecret' }],
        ),
      ),
    },
  },
  StreamServerPolicy: {
    Type: 'AWS::IAM::ManagedPolicy',
    Properties: {
      PolicyDocument: policy(
        allow(
          'execute-api:Invoke',
          'arn:aws:execute-api:us-east-1:000000000000:api/*/GET/api/v1/internal/tracks/*/source',
        ),
      ),
    },
  },
}

const outputs = {
  OperatorPolicyArn: { Value: { Ref: 'OperatorPolicy' } },
  StreamServerPolicyArn: { Value: { Ref: 'StreamServerPolicy' } },
}

export interface TestDoor {
  readonly door: FrontDoor
  readonly principals: Principals
  readonly parts: Awaited<ReturnType<typeof startBackEnds>>
  readonly dataDir: string
  readonly warnings: string[]
  /** Client settings of an AWS SDK client that calls as this principal. */
  as(principal: string): {
    endpoint: string
    region: string
    credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }
    maxAttempts: number
  }
  s3(principal: string): S3Client
  /** Ends everything but keeps the data, so that another can be started on it. */
  stop(): Promise<void>
  close(): Promise<void>
}

export async function startTestDoor(
  options: Partial<Pick<FrontDoorOptions, 'invokeFunction' | 'now'>> & { dataDir?: string } = {},
): Promise<TestDoor> {
  const dataDir = options.dataDir ?? mkdtempSync(path.join(tmpdir(), 'veza-door-'))
  const template = createTemplate(new Map([['Test', { Resources: resources, Outputs: outputs }]]), {})
  const principals = createPrincipals(template)
  const warnings: string[] = []
  const keep = (message: string) => void warnings.push(message)
  const logger: Logger = { info: () => undefined, warn: keep, error: keep }
  const parts = await startBackEnds({ template, dataDir, logger })
  const invokeFunction = options.invokeFunction ?? (async () => ({}))
  const door = await startFrontDoor({ ...options, template, principals, parts, invokeFunction, logger })
  const as: TestDoor['as'] = (name) => {
    const { accessKeyId, secretAccessKey, sessionToken } = principals.caller(name)
    const credentials = { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }
    return { endpoint: door.url, region: 'us-east-1', credentials, maxAttempts: 1 }
  }
  const stop = async () => {
    await door.close()
    await parts.close()
  }
  return {
    door,
    principals,
    parts,
    dataDir,
    warnings,
    as,
    s3: (name) =>
      new S3Client({
        ...as(name),
        forcePathStyle: true,
        requestChecksumCalculation: 'WHEN_REQUIRED',
        responseChecksumValidation: 'WHEN_REQUIRED',
      }),
    stop,
    async close() {
      await stop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
