import { createHash } from 'node:crypto'

export const ACCOUNT = '000000000000'
export const REGION = 'us-east-1'
export const PARTITION = 'aws'
export const URL_SUFFIX = 'amazonaws.com'

/** Where the services stand on this machine; what a template can only learn from its deployment. */
export interface Places {
  readonly frontDoorUrl: string
  readonly apiUrl: string
  readonly databaseHost: string
  readonly databasePort: number
}

/** A resource as its names need it: `property` resolves one of its own properties. */
export interface Named {
  readonly stack: string
  readonly id: string
  readonly type: string
  property(name: string): unknown
}

type Value = (resource: Named, places: Places) => string

interface Naming {
  readonly ref: Value
  readonly attributes: Readonly<Record<string, Value>>
}

const digest = ({ stack, id }: Named) => createHash('sha256').update(`${stack}.${id}`).digest('hex')
const arn = (service: string, rest: string, region = REGION, account = ACCOUNT) =>
  `arn:${PARTITION}:${service}:${region}:${account}:${rest}`

/** The name the template gives, else one made of stack and logical id, as CloudFormation makes one. */
const named =
  (property: string): Value =>
  (resource) =>
    String(resource.property(property) ?? `${resource.stack}-${resource.id}`)

const hexId =
  (prefix: string): Value =>
  (resource) =>
    `${prefix}-${digest(resource).slice(0, 17)}`

const shortId: Value = (resource) => digest(resource).slice(0, 10)

const distributionId: Value = (resource) => `E${digest(resource).slice(0, 13).toUpperCase()}`

/** What a signed link calls it by. */
const publicKeyId: Value = (resource) => `K${digest(resource).slice(0, 13).toUpperCase()}`

const bucketName: Value = (resource) =>
  String(resource.property('BucketName') ?? `${resource.stack}-${resource.id}`.toLowerCase().slice(0, 63))

const secretArn: Value = (resource) =>
  arn('secretsmanager', `secret:${named('Name')(resource, noPlaces)}-${digest(resource).slice(0, 6)}`)

const functionArn: Value = (resource) =>
  arn('lambda', `function:${named('FunctionName')(resource, noPlaces)}`)

/** Versions and aliases name their function by its name or by its ARN. */
const qualifiedArn = (resource: Named) => {
  const target = String(resource.property('FunctionName'))
  return target.startsWith('arn:') ? target : arn('lambda', `function:${target}`)
}

// Names and ARNs never ask where a service stands.
const noPlaces: Places = { frontDoorUrl: '', apiUrl: '', databaseHost: '', databasePort: 0 }

const iamArn = (kind: string, property: string): Value => {
  return (resource) => arn('iam', `${kind}/${named(property)(resource, noPlaces)}`, '')
}

const database = (arnAttribute: string, kind: string): Naming => ({
  ref: (resource) => named('DBClusterIdentifier')(resource, noPlaces).toLowerCase(),
  attributes: {
    'Endpoint.Address': (_, places) => places.databaseHost,
    'Endpoint.Port': (_, places) => String(places.databasePort),
    'ReadEndpoint.Address': (_, places) => places.databaseHost,
    Endpoint: (_, places) => places.databaseHost,
    Port: (_, places) => String(places.databasePort),
    DBClusterResourceId: (resource) => `cluster-${digest(resource).slice(0, 26).toUpperCase()}`,
    'MasterUserSecret.SecretArn': secretArn,
    [arnAttribute]: (resource) => arn('rds', `${kind}:${digest(resource).slice(0, 17)}`),
  },
})

/** The types whose references reach something that runs here, and those CDK wires them with. */
const namings: Readonly<Record<string, Naming>> = {
  'AWS::Lambda::Function': { ref: named('FunctionName'), attributes: { Arn: functionArn } },
  'AWS::Lambda::Version': {
    ref: (resource) => `${qualifiedArn(resource)}:1`,
    attributes: { FunctionArn: (resource) => `${qualifiedArn(resource)}:1`, Version: () => '1' },
  },
  'AWS::Lambda::Alias': {
    ref: (resource) => `${qualifiedArn(resource)}:${resource.property('Name')}`,
    attributes: {},
  },
  'AWS::S3::Bucket': {
    ref: bucketName,
    attributes: {
      Arn: (resource, places) => `arn:${PARTITION}:s3:::${bucketName(resource, places)}`,
      DomainName: (resource, places) => `${bucketName(resource, places)}.s3.${URL_SUFFIX}`,
      RegionalDomainName: (resource, places) => `${bucketName(resource, places)}.s3.${REGION}.${URL_SUFFIX}`,
    },
  },
  'AWS::SQS::Queue': {
    ref: (resource, places) => `${places.frontDoorUrl}/${ACCOUNT}/${named('QueueName')(resource, places)}`,
    attributes: {
      Arn: (resource, places) => arn('sqs', named('QueueName')(resource, places)),
      QueueName: named('QueueName'),
      QueueUrl: (resource, places) =>
        `${places.frontDoorUrl}/${ACCOUNT}/${named('QueueName')(resource, places)}`,
    },
  },
  'AWS::SNS::Topic': {
    ref: (resource, places) => arn('sns', named('TopicName')(resource, places)),
    attributes: {
      TopicArn: (resource, places) => arn('sns', named('TopicName')(resource, places)),
      TopicName: named('TopicName'),
    },
  },
  'AWS::SecretsManager::Secret': { ref: secretArn, attributes: { Id: secretArn } },
  'AWS::SecretsManager::SecretTargetAttachment': {
    ref: (resource) => String(resource.property('SecretId')),
    attributes: {},
  },
  'AWS::IAM::Role': {
    ref: named('RoleName'),
    attributes: {
      Arn: iamArn('role', 'RoleName'),
      RoleId: (resource) => `AROA${digest(resource).slice(0, 17).toUpperCase()}`,
    },
  },
  'AWS::IAM::ManagedPolicy': {
    ref: iamArn('policy', 'ManagedPolicyName'),
    attributes: { PolicyArn: iamArn('policy', 'ManagedPolicyName') },
  },
  'AWS::IAM::User': { ref: named('UserName'), attributes: { Arn: iamArn('user', 'UserName') } },
  'AWS::KMS::Key': {
    ref: (resource) => digest(resource).slice(0, 32),
    attributes: { Arn: (resource) => arn('kms', `key/${digest(resource).slice(0, 32)}`) },
  },
  'AWS::Logs::LogGroup': {
    ref: named('LogGroupName'),
    attributes: {
      Arn: (resource, places) => arn('logs', `log-group:${named('LogGroupName')(resource, places)}:*`),
    },
  },
  'AWS::ApiGatewayV2::Api': {
    ref: shortId,
    attributes: { ApiId: shortId, ApiEndpoint: (_, places) => places.apiUrl },
  },
  'AWS::ApiGatewayV2::Stage': { ref: (resource) => String(resource.property('StageName')), attributes: {} },
  'AWS::CloudFront::Distribution': {
    ref: distributionId,
    attributes: {
      Id: distributionId,
      DomainName: (resource, places) => `${distributionId(resource, places).toLowerCase()}.cloudfront.net`,
    },
  },
  'AWS::CloudFront::PublicKey': { ref: publicKeyId, attributes: { Id: publicKeyId } },
  'AWS::CloudFront::OriginAccessControl': { ref: shortId, attributes: { Id: shortId } },
  'AWS::CloudFront::Function': {
    ref: named('Name'),
    attributes: {
      FunctionARN: (resource, places) => arn('cloudfront', `function/${named('Name')(resource, places)}`, ''),
    },
  },
  'AWS::Scheduler::Schedule': {
    ref: named('Name'),
    attributes: {
      Arn: (resource, places) => arn('scheduler', `schedule/default/${named('Name')(resource, places)}`),
    },
  },
  'AWS::Events::Rule': {
    ref: named('Name'),
    attributes: { Arn: (resource, places) => arn('events', `rule/${named('Name')(resource, places)}`) },
  },
  'AWS::Scheduler::ScheduleGroup': {
    ref: named('Name'),
    attributes: {
      Arn: (resource, places) => arn('scheduler', `schedule-group/${named('Name')(resource, places)}`),
    },
  },
  'AWS::RDS::DBCluster': database('DBClusterArn', 'cluster'),
  'AWS::RDS::DBInstance': database('DBInstanceArn', 'db'),
  'AWS::RDS::DBProxy': {
    ref: named('DBProxyName'),
    attributes: {
      Endpoint: (_, places) => places.databaseHost,
      DBProxyArn: (resource) => arn('rds', `db-proxy:prx-${digest(resource).slice(0, 17)}`),
      VpcId: hexId('vpc'),
    },
  },
  'AWS::EC2::VPC': {
    ref: hexId('vpc'),
    attributes: {
      VpcId: hexId('vpc'),
      CidrBlock: (resource) => String(resource.property('CidrBlock')),
      DefaultSecurityGroup: hexId('sg'),
    },
  },
  'AWS::EC2::Subnet': { ref: hexId('subnet'), attributes: { SubnetId: hexId('subnet') } },
  'AWS::EC2::SecurityGroup': { ref: hexId('sg'), attributes: { GroupId: hexId('sg'), VpcId: hexId('vpc') } },
}

export function refOf(resource: Named, places: Places): string {
  return (namings[resource.type]?.ref ?? hexId(resource.id.toLowerCase()))(resource, places)
}

export function attributeOf(resource: Named, attribute: string, places: Places): string | undefined {
  return namings[resource.type]?.attributes[attribute]?.(resource, places)
}
